//! Burn's device traits for [`MpcDevice`].

use burn_backend::{DeviceId, DeviceOps};
use burn_std::device::Device;

use crate::session::MpcDevice;

/// The only device type of this backend.
const DEVICE_TYPE: u16 = 0;

impl Device for MpcDevice {
    fn from_id(device: DeviceId) -> Self {
        MpcDevice::from_id(device.index_id)
    }

    fn to_id(&self) -> DeviceId {
        DeviceId {
            type_id: DEVICE_TYPE,
            index_id: MpcDevice::id(self),
        }
    }
}

impl DeviceOps for MpcDevice {}
