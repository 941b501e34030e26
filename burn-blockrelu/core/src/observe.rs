//! Watching the Block-ReLUs of a forward pass, or standing in for them.
//!
//! An observer is installed for the duration of a closure and sees every [`BlockRelu`](crate::BlockRelu)
//! of its backend that runs on the same thread. It needs no help from the model: this is how layers, map
//! sizes, executed DReLUs and distortions of any model are found.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use burn::module::ParamId;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use crate::Block;
use crate::functional::assert_channels;
use crate::memory::Memory;

/// One forward call of a [`BlockRelu`](crate::BlockRelu).
#[derive(Debug)]
pub struct Call<'a, B: Backend> {
    /// Identifies the module: the id of its block sizes.
    pub layer: ParamId,
    /// The module's blocks.
    pub blocks: &'a [Block],
    /// `[batch, channels, height, width]`.
    pub input: Tensor<B, 4>,
    /// What the module has prepared.
    memory: &'a Memory,
}

impl<B: Backend> Call<'_, B> {
    /// What the module does unobserved.
    pub fn run(self) -> Tensor<B, 4> {
        let (map, device) = (self.map(), self.input.device());
        assert_channels(&self.input.dims(), self.blocks.len());
        self.memory
            .prepared::<B>(self.blocks, map, &device)
            .run(self.input)
    }

    /// `[height, width]` of the input.
    pub fn map(&self) -> [usize; 2] {
        let [_, _, height, width] = self.input.dims();
        [height, width]
    }
}

/// Sees, and may replace, the forward calls of Block-ReLUs.
pub trait Observer<B: Backend> {
    /// Returns the output of a call.
    fn forward(&mut self, call: Call<'_, B>) -> Tensor<B, 4>;
}

struct Handle<B: Backend>(Rc<RefCell<dyn Observer<B>>>);

thread_local! {
    static INSTALLED: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Removes the observer again, even if the model panics.
struct Installed;

impl Drop for Installed {
    fn drop(&mut self) {
        INSTALLED.with_borrow_mut(Vec::pop);
    }
}

/// Runs `work` with `observer` in place; the innermost observer of a backend sees its calls.
pub fn with_observer<B: Backend, O: Observer<B> + 'static, T>(
    observer: &Rc<RefCell<O>>,
    work: impl FnOnce() -> T,
) -> T {
    let handle: Rc<RefCell<dyn Observer<B>>> = observer.clone();
    INSTALLED.with_borrow_mut(|stack| stack.push(Box::new(Handle(handle))));
    let _installed = Installed;
    work()
}

/// Called by every Block-ReLU.
pub(crate) fn forward<B: Backend>(
    layer: ParamId,
    blocks: &[Block],
    memory: &Memory,
    input: Tensor<B, 4>,
) -> Tensor<B, 4> {
    let observer = INSTALLED.with_borrow(|stack| {
        let mut handles = stack.iter().rev();
        handles.find_map(|any| {
            any.downcast_ref::<Handle<B>>()
                .map(|handle| handle.0.clone())
        })
    });
    let call = Call {
        layer,
        blocks,
        input,
        memory,
    };
    match observer {
        Some(observer) => observer.borrow_mut().forward(call),
        None => call.run(),
    }
}
