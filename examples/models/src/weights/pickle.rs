//! Finds out what a pickle would build, without building it.
//!
//! burn-store builds objects as trees, and it copies, compares and drops them recursively; a few bytes can double a
//! tree again and again. So this module runs the opcodes first, with objects that are only a depth and a size.

use std::collections::HashMap;
use std::io::{self, BufRead, Read as _};

use thiserror::Error;

/// Deepest nesting that is given to the reader; checkpoints of `torch.save` stay below 20.
pub(super) const MAX_DEPTH: u32 = 100;

/// Most bytes that all objects may take together, copies included. That is enough for some 5,000 tensors; a ResNet-152
/// has 932.
pub(super) const MAX_BYTES: u64 = 64 << 20;

/// Most objects that one `SETITEMS` may add: the reader's steps grow with their square. Python adds 2,000.
const MAX_ITEMS: usize = 10_000;

/// Least size of an object.
const OBJECT_BYTES: u64 = 64;

/// Longest line of a pickle: a module's or a class's name, or a number.
const MAX_LINE: u64 = 4096;

/// Why a pickle is refused.
#[derive(Debug, Error)]
pub(super) enum Unfit {
    /// It would overflow the reader's stack.
    #[error("its objects are nested more than {MAX_DEPTH} deep, as no checkpoint of weights is")]
    TooDeep,
    /// It would fill the memory.
    #[error(
        "its objects take more than {MAX_BYTES} bytes besides the tensors, as no checkpoint of weights does"
    )]
    TooMuch,
    /// It would keep the reader busy for hours.
    #[error("it adds {0} objects at once, and at most {MAX_ITEMS} are taken")]
    TooMany(usize),
    /// Something that is in no checkpoint of weights.
    #[error(
        "its pickle has opcode 0x{0:02x} where a state dict has none; save the state dict alone"
    )]
    Opcode(u8),
    /// An opcode takes objects that are not there.
    #[error("its pickle is damaged: opcode 0x{0:02x} takes what is not there")]
    Underflow(u8),
    /// A line without an end, or a name that the reader gives another meaning.
    #[error("its pickle is damaged: a name that cannot be one")]
    Name,
    /// Cut off, or not readable.
    #[error("its pickle cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// An object of the pickle machine.
#[derive(Clone, Copy, Default)]
struct Object {
    /// Levels of nesting, itself included.
    depth: u32,
    /// Size of it and of all objects in it.
    bytes: u64,
    /// Whether it is the mark that opens a tuple, list or dictionary.
    mark: bool,
}

struct Machine<'a, R> {
    input: &'a mut R,
    opcode: u8,
    stack: Vec<Object>,
    memo: HashMap<u32, Object>,
    spent: u64,
}

/// Runs the opcodes of one pickle up to its `STOP`, and leaves the input right after it.
///
/// burn-store reads a pickle that passes with at most [`MAX_DEPTH`] levels and a small multiple of [`MAX_BYTES`], or
/// refuses it.
pub(super) fn check(input: &mut impl BufRead) -> Result<(), Unfit> {
    let mut machine = Machine {
        input,
        opcode: 0,
        stack: Vec::new(),
        memo: HashMap::new(),
        spent: 0,
    };
    let mut first = true;
    loop {
        let [opcode] = machine.read()?;
        machine.opcode = opcode;
        match opcode {
            b'.' => return machine.pop().map(|_| ()),
            // Accepted only as the first opcode: elsewhere the reader and its search for the end of a pickle disagree
            // on what follows.
            0x80 if first => machine.read::<1>().map(|_| ())?,
            _ => machine.step(opcode)?,
        }
        first = false;
    }
}

impl<R: BufRead> Machine<'_, R> {
    fn step(&mut self, opcode: u8) -> Result<(), Unfit> {
        match opcode {
            b'c' => {
                // The reader takes a class of this name for a mark.
                let module = self.line()?;
                if module == b"mark" {
                    return Err(Unfit::Name);
                }
                let name = self.line()?;
                self.leaf((module.len() + name.len()) as u64)
            }
            b'J' => self.sized_leaf::<4>(),
            b'K' => self.sized_leaf::<1>(),
            b'M' => self.sized_leaf::<2>(),
            b'G' => self.sized_leaf::<8>(),
            b'I' => {
                self.line()?;
                self.leaf(0)
            }
            b'X' => {
                let length = u32::from_le_bytes(self.read()?);
                self.text(length.into())
            }
            b'U' | 0x8a => {
                let [length] = self.read()?;
                self.text(length.into())
            }
            // None, true, false; empty tuple, list and dictionary.
            b'N' | 0x88 | 0x89 | b')' | b']' | b'}' => self.leaf(0),
            b'(' => {
                self.leaf(0)?;
                if let Some(top) = self.stack.last_mut() {
                    top.mark = true;
                }
                Ok(())
            }
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let objects = self.pop_many(count)?;
                self.nest(&objects)
            }
            // Tuple, list and dictionary from the mark on; the reader copies what goes into a dictionary.
            b't' | b'l' | b'd' => {
                let objects = self.pop_to_mark()?;
                if opcode == b'd' {
                    self.spend(sum(&objects))?;
                }
                self.nest(&objects)
            }
            b'a' => {
                let objects = self.pop_many(1)?;
                self.extend(&objects)
            }
            b's' => {
                let objects = self.pop_many(2)?;
                self.extend(&objects)
            }
            b'e' | b'u' => {
                let objects = self.pop_to_mark()?;
                if opcode == b'u' && objects.len() > MAX_ITEMS {
                    return Err(Unfit::TooMany(objects.len()));
                }
                self.extend(&objects)
            }
            // BUILD and NEWOBJ.
            b'b' | 0x81 => {
                let objects = self.pop_many(2)?;
                self.nest(&objects)
            }
            // REDUCE: the reader copies and wraps the operands before it calls.
            b'R' => {
                let objects = self.pop_many(2)?;
                self.spend(sum(&objects).saturating_mul(3))?;
                self.nest(&objects)?;
                let wrapped = self.pop_many(1)?;
                self.nest(&wrapped)
            }
            // A persistent id counts as an object around its tuple.
            b'Q' => {
                let objects = self.pop_many(1)?;
                self.nest(&objects)
            }
            b'q' => {
                let [index] = self.read()?;
                self.put(index.into())
            }
            b'r' => {
                let index = u32::from_le_bytes(self.read()?);
                self.put(index)
            }
            0x94 => {
                let index = u32::try_from(self.memo.len()).map_err(|_| Unfit::TooMuch)?;
                self.put(index)
            }
            b'h' => {
                let [index] = self.read()?;
                self.get(index.into())
            }
            b'j' => {
                let index = u32::from_le_bytes(self.read()?);
                self.get(index)
            }
            _ => Err(Unfit::Opcode(opcode)),
        }
    }

    fn read<const N: usize>(&mut self) -> Result<[u8; N], Unfit> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A line without its end.
    fn line(&mut self) -> Result<Vec<u8>, Unfit> {
        let mut line = Vec::new();
        let mut limited = self.input.by_ref().take(MAX_LINE);
        limited.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Err(Unfit::Name);
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    }

    fn spend(&mut self, bytes: u64) -> Result<(), Unfit> {
        self.spent = self.spent.saturating_add(bytes);
        if self.spent > MAX_BYTES {
            return Err(Unfit::TooMuch);
        }
        Ok(())
    }

    fn push(&mut self, object: Object) -> Result<(), Unfit> {
        if object.depth > MAX_DEPTH {
            return Err(Unfit::TooDeep);
        }
        self.stack.push(object);
        Ok(())
    }

    fn leaf(&mut self, bytes: u64) -> Result<(), Unfit> {
        let bytes = OBJECT_BYTES + bytes;
        self.spend(bytes)?;
        self.push(Object {
            depth: 1,
            bytes,
            mark: false,
        })
    }

    fn sized_leaf<const N: usize>(&mut self) -> Result<(), Unfit> {
        self.read::<N>()?;
        self.leaf(0)
    }

    fn text(&mut self, length: u64) -> Result<(), Unfit> {
        self.leaf(length)?;
        let skipped = io::copy(&mut self.input.by_ref().take(length), &mut io::sink())?;
        if skipped < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(())
    }

    fn pop(&mut self) -> Result<Object, Unfit> {
        self.stack.pop().ok_or(Unfit::Underflow(self.opcode))
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Object>, Unfit> {
        let left = self.stack.len().checked_sub(count);
        let left = left.ok_or(Unfit::Underflow(self.opcode))?;
        Ok(self.stack.split_off(left))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Object>, Unfit> {
        let mark = self.stack.iter().rposition(|object| object.mark);
        let mark = mark.ok_or(Unfit::Underflow(self.opcode))?;
        let objects = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(objects)
    }

    /// Pushes a new object that holds these.
    fn nest(&mut self, objects: &[Object]) -> Result<(), Unfit> {
        self.spend(OBJECT_BYTES)?;
        self.push(Object {
            depth: 1 + depth(objects),
            bytes: sum(objects).saturating_add(OBJECT_BYTES),
            mark: false,
        })
    }

    /// Adds these to the object on top.
    fn extend(&mut self, objects: &[Object]) -> Result<(), Unfit> {
        let mut container = self.pop()?;
        container.depth = container.depth.max(1 + depth(objects));
        container.bytes = container.bytes.saturating_add(sum(objects));
        self.push(container)
    }

    fn put(&mut self, index: u32) -> Result<(), Unfit> {
        let top = self.stack.last().copied();
        let top = top.ok_or(Unfit::Underflow(self.opcode))?;
        self.spend(top.bytes)?;
        self.memo.insert(index, top);
        Ok(())
    }

    fn get(&mut self, index: u32) -> Result<(), Unfit> {
        let object = self.memo.get(&index).copied();
        let object = object.ok_or(Unfit::Underflow(self.opcode))?;
        self.spend(object.bytes)?;
        self.push(object)
    }
}

fn depth(objects: &[Object]) -> u32 {
    let depths = objects.iter().map(|object| object.depth);
    depths.max().unwrap_or(0)
}

fn sum(objects: &[Object]) -> u64 {
    let bytes = objects.iter().map(|object| object.bytes);
    bytes.fold(0, u64::saturating_add)
}
