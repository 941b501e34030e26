//! Whole networks under burn-mpc: one binary, so that networks and protocols are compiled once.

mod agreement;
mod bert;
mod block_relu_costs;
mod block_relu_laws;
mod resnet20;
