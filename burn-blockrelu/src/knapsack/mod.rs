//! The exact multiple-choice knapsack: one option per channel, least summed distortion, within a budget.
//!
//! [`Problem`] holds groups of options `(cost, value)`; [`solve`] chooses one option of each group so that
//! the sum of the values is least and the sum of the costs does not exceed the budget. Costs are any
//! unsigned integers (DReLUs, bits, bytes); nothing is ever sized by the budget. Values are any finite
//! numbers to be minimised (distortions). This module knows nothing of tensors.
//!
//! # Method
//! 1. [`Problem`]'s options are filtered by integer dominance: an option whose cost and value are both no lower than
//!    another's in its group is dropped.
//! 2. Values become exact integers: multiples of a decimal unit where all of them are decimals of few
//!    digits, else of a power of two about `2^-80` of the range. From here on nothing is rounded.
//! 3. The linear relaxation is solved on the lower convex hulls, greedily by slope (Sinha and Zoltners
//!    1979, Zemel 1984, Dyer 1984). The slope at the break is a Lagrange multiplier `lambda`, with the
//!    lower bound `L = sum_j min_i (v_ij + lambda c_ij) - lambda B`. A greedy choice, improved by local
//!    moves, is the first incumbent.
//! 4. Every feasible choice has the value `V = L + sum_j r_j + lambda (B - C)`, where the reduced cost
//!    `r_j` of its option in group `j` and the slack `B - C` are not negative. So an option whose reduced
//!    cost exceeds the incumbent's value less `L` is in no better choice, and is dropped. Groups with
//!    no option left but the relaxed one are fixed; the others are the *core*.
//! 5. A dynamic program over the core, on lists of undominated states `(cost, value)`, group after group
//!    by least reduced cost (Pisinger 1995), prunes by the same identity and improves the incumbent as it
//!    goes. When no state is left, the incumbent is optimal.
//!
//! # Ties
//! The choice has the least value; among those, the least cost (a second search, over costs at that
//! value); among those, it is a fixed function of the groups in the order given. The search uses neither
//! threads nor random numbers nor the clock: the same problem gives the same choice.
//!
//! # Precision
//! "Optimal" is meant up to `1e-12` of the value above the sum of the groups' least values, and values are
//! summed with compensation. With total costs above `2^44` the unit of step 2 grows in proportion.

mod core_groups;
mod dominance;
mod incumbent;
pub mod instance;
mod integer;
mod limits;
mod problem;
pub mod quadratic;
mod relax;
mod scale;
mod search;
mod solution;
mod solve;
mod sum;

pub use instance::{InstanceError, solve_file};
pub use limits::Limits;
pub use problem::{KnapsackError, Problem};
pub use solution::{Certificate, Solution, VerifyError, verify};
pub use solve::{solve, solve_within};
