"""For Cinder: volumes that hold no bytes. What Cinder's own fake leaves out does nothing either."""
import io

from cinder.tests import fake_driver


class Driver(fake_driver.FakeLoggingVolumeDriver):
    def extend_volume(self, volume, new_size):
        pass

    def revert_to_snapshot(self, context, volume, snapshot):
        pass

    def copy_image_to_volume(self, context, volume, image_service, image_id, disable_sparse=False):
        pass

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        return {}, True

    def retype(self, context, volume, new_type, diff, host):
        return True, None

    def update_migrated_volume(self, *args, **kwargs):
        return {"_name_id": None}

    def copy_volume_to_image(self, context, volume, image_service, image_meta):
        image_service.update(context, image_meta["id"], {}, io.BytesIO(b"\0" * 1024))
