//! Sorting by ranks and by networks, and running maxima and products: values, ties, every length.

use crate::protocol::composed::sort::network::by_network;
use crate::protocol::composed::sort::ranks::by_ranks;
use crate::protocol::testing::{Setup, SplitMix, join, mine, run, seed, three};
use crate::protocol::{
    Context, ProtocolError, SORT_MOST_PLANES, Sorted, Sorting, Truncation, Window, scan_maximum,
    scan_product, shuffle, sort,
};
use crate::ring::{Ring, Z32, Z64};
use crate::share::Rss;

const LENGTHS: [usize; 6] = [1, 2, 3, 7, 17, 33];

/// What a sort must give: values and planes, plane after plane.
fn expected<R: Ring>(x: &[R], sorting: &Sorting) -> (Vec<R>, Vec<R>) {
    let rows = x.len() / sorting.planes;
    let mut kept = vec![(R::ZERO, R::ZERO); sorting.keep * rows];
    for row in 0..rows {
        let mut order: Vec<usize> = (0..sorting.planes).collect();
        // A stable sort.
        order.sort_by_key(|&plane| {
            let value = i128::from(x[plane * rows + row].to_i64());
            if sorting.descending { -value } else { value }
        });
        for (place, &plane) in order[..sorting.keep].iter().enumerate() {
            kept[place * rows + row] = (x[plane * rows + row], R::from_u64(plane as u64));
        }
    }
    kept.into_iter().unzip()
}

type Way<R> = fn(&mut Context, &Rss<R>, &Sorting) -> Result<Sorted<R>, ProtocolError>;

fn check<R: Ring>(rng: &mut SplitMix, values: &[R], sorting: Sorting, way: Way<R>) {
    let shares = rng.deal(values);
    let got = three(rng.next(), |ctx| way(ctx, mine(ctx, &shares), &sorting));
    let (wanted, numbers) = expected(values, &sorting);
    let only = |is_wanted: bool, all: Vec<R>| if is_wanted { all } else { Vec::new() };
    let found = [0, 1, 2].map(|i| got[i].values.clone());
    assert_eq!(join(&found), only(sorting.values, wanted), "{sorting:?}");
    let found = [0, 1, 2].map(|i| got[i].numbers.clone());
    assert_eq!(join(&found), only(sorting.numbers, numbers), "{sorting:?}");
}

/// All lengths and orders, of values with many ties and of values below `2^bits`.
fn orders<R: Ring>(way: Way<R>, bits: u32) {
    let mut rng = SplitMix(seed(2101));
    for planes in LENGTHS {
        let wants = [(true, false), (false, true), (true, true)];
        for (turn, (values, numbers)) in wants.into_iter().enumerate() {
            let rows = [1, 5, 2][turn];
            for (descending, bits) in [(false, 1), (true, 1), (turn == 0, bits)] {
                let sorting = Sorting {
                    planes,
                    descending,
                    keep: [planes, planes.div_ceil(2), 1][(turn + planes) % 3],
                    values,
                    numbers,
                };
                let x = rng.signed::<R>(bits, planes * rows);
                check(&mut rng, &x, sorting, way);
            }
        }
    }
}

#[test]
fn a_sort_keeps_the_order_of_equal_elements() {
    orders::<Z64>(sort, 61);
    orders::<Z32>(sort, 29);
}

#[test]
fn networks_sort_values_of_half_the_ring() {
    orders::<Z64>(by_network_of_some, 61);
    orders::<Z32>(by_network_of_some, 29);
}

/// A network needs two planes; a single one is sorted without a protocol.
fn by_network_of_some<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    sorting: &Sorting,
) -> Result<Sorted<R>, ProtocolError> {
    if sorting.planes < 2 {
        return sort(ctx, x, sorting);
    }
    by_network(ctx, x, sorting)
}

/// Comparisons of ranks are right for every word, so that what is opened is an order whatever is sorted.
#[test]
fn ranks_sort_every_word_of_the_ring() {
    fn ends<R: Ring>() {
        let mut rng = SplitMix(seed(2102));
        let least = R::ONE.shl(R::BITS - 1);
        let greatest = least - R::ONE;
        let row = [
            greatest,
            least,
            R::ZERO,
            least,
            R::from_i64(-1),
            greatest,
            R::ONE,
            least + R::ONE,
        ];
        for descending in [false, true] {
            let sorting = Sorting {
                planes: row.len(),
                descending,
                keep: row.len(),
                values: true,
                numbers: true,
            };
            check(&mut rng, &row, sorting, by_ranks);
            let x: Vec<R> = rng.words(9 * row.len());
            check(&mut rng, &x, sorting, by_ranks);
        }
    }
    ends::<Z64>();
    ends::<Z32>();
}

#[test]
fn a_sort_takes_the_cheaper_way() {
    let cost = |planes: usize, rows: usize, way: Way<Z64>| {
        let sorting = Sorting {
            planes,
            descending: false,
            keep: planes,
            values: true,
            numbers: false,
        };
        let mut ctx = Context::estimating(Truncation::Faithful);
        let x = Rss::counted(planes * rows);
        way(&mut ctx, &x, &sorting).expect("an estimate");
        let sent: u64 = ctx.declared().sent().iter().sum();
        (sent, ctx.declared().rounds())
    };
    for planes in [2, 4, 16, 64, 256, 1024] {
        let [ranks, network] = [by_ranks, by_network].map(|way| cost(planes, 1, way));
        println!("a row of {planes}: by ranks {ranks:?}, by a network {network:?}");
    }
    // A few rows in few rounds, many rows with few bytes.
    assert_eq!(cost(64, 1, sort), cost(64, 1, by_ranks));
    assert!(cost(64, 1, sort).1 <= 15);
    assert_eq!(cost(64, 10_000, sort), cost(64, 10_000, by_network));
    assert!(cost(64, 10_000, sort).0 < cost(64, 10_000, by_ranks).0);
    // The longest row.
    assert!(cost(SORT_MOST_PLANES, 1, sort).1 < 1300);
}

#[test]
fn nothing_and_single_planes_are_sorted_without_a_message() {
    for (planes, len, keep) in [(0, 0, 0), (1, 4, 1), (1, 4, 0), (3, 0, 3), (3, 6, 0)] {
        let sorting = Sorting {
            planes,
            descending: true,
            keep,
            values: true,
            numbers: true,
        };
        let mut rng = SplitMix(seed(2103));
        let x = rng.words::<Z64>(len);
        let shares = rng.deal(&x);
        let got = run(Setup::of(rng.next()), |ctx| {
            sort(ctx, mine(ctx, &shares), &sorting)
        });
        assert_eq!((got.rounds, got.payload_bits), (0, 0));
        let rows = len / planes.max(1);
        let values = [0, 1, 2].map(|i| got.parties[i].values.clone());
        assert_eq!(join(&values), x[..keep * rows]);
        let numbers = [0, 1, 2].map(|i| got.parties[i].numbers.clone());
        assert_eq!(join(&numbers), vec![Z64::ZERO; keep * rows]);
    }
}

#[test]
fn a_shuffle_moves_all_runs_of_a_row_alike() {
    let mut rng = SplitMix(seed(2104));
    let (planes, rows) = (5, 40);
    let wide: Vec<Z64> = (0..2 * planes * rows as u64).map(Z64::from_u64).collect();
    let narrow: Vec<Z32> = (0..planes * rows as u64).map(Z32::from_u64).collect();
    let shares = (rng.deal(&wide), rng.deal(&narrow));
    let got = run(Setup::of(rng.next()), |ctx| {
        let (wide, narrow) = (mine(ctx, &shares.0).clone(), mine(ctx, &shares.1).clone());
        shuffle(ctx, planes as usize, rows as usize, wide, narrow)
    });
    assert_eq!(got.rounds, 3);
    assert_eq!(got.payload_bits, 6 * 64 * 2 * 200 + 6 * 32 * 200);
    let found: Vec<u64> = join(&[0, 1, 2].map(|i| got.parties[i].0.clone()))
        .iter()
        .map(|x| x.to_u64())
        .collect();
    let labels: Vec<u64> = join(&[0, 1, 2].map(|i| got.parties[i].1.clone()))
        .iter()
        .map(|x| x.to_u64())
        .collect();
    let (first, second) = found.split_at(200);
    assert_eq!(first, labels);
    assert!(first.iter().zip(second).all(|(a, b)| a + 200 == *b));
    let order = |row: usize| -> Vec<u64> { (0..5).map(|p| first[p * 40 + row] / 40).collect() };
    let mut orders = std::collections::BTreeSet::new();
    for row in 0..40 {
        assert!((0..5).all(|plane| first[plane * 40 + row] % 40 == row as u64));
        let mut sorted = order(row);
        orders.insert(sorted.clone());
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3, 4]);
    }
    // 40 of 120 orders, each drawn alone.
    assert!(orders.len() > 20, "{} orders", orders.len());
}

#[test]
fn running_maxima_and_products_of_every_length() {
    fn scans<R: Ring>() {
        let mut rng = SplitMix(seed(2105));
        for planes in LENGTHS {
            for rows in [1, 6] {
                let x = rng.signed::<R>(R::BITS - 3, planes * rows);
                let shares = rng.deal(&x);
                let running = |first: R, next: &dyn Fn(R, R) -> R, x: &[R]| -> Vec<R> {
                    let mut all = vec![first; rows];
                    let planes = x.chunks_exact(rows).map(|plane| {
                        for (sum, &x) in all.iter_mut().zip(plane) {
                            *sum = next(*sum, x);
                        }
                        all.clone()
                    });
                    planes.collect::<Vec<_>>().concat()
                };
                let greater = |a: R, b: R| if b.to_i64() > a.to_i64() { b } else { a };
                let got = three(rng.next(), |ctx| {
                    scan_maximum(ctx, planes, mine(ctx, &shares).clone(), Window::full::<R>())
                });
                let least = R::ONE.shl(R::BITS - 1);
                assert_eq!(join(&got), running(least, &greater, &x));
                let got = three(rng.next(), |ctx| {
                    scan_product(ctx, planes, mine(ctx, &shares).clone(), 0)
                });
                assert_eq!(join(&got), running(R::ONE, &|a, b| a * b, &x));
                // Factors of 1 up to a quarter, and their rounding.
                let x: Vec<R> = (0..planes * rows)
                    .map(|_| R::from_u64(768 + rng.next() % 513))
                    .collect();
                let shares = rng.deal(&x);
                let got = three(rng.next(), |ctx| {
                    scan_product(ctx, planes, mine(ctx, &shares).clone(), 10)
                });
                let mut exact = vec![1.0; rows];
                for (plane, found) in x.chunks(rows).zip(join(&got).chunks(rows)) {
                    for ((exact, x), found) in exact.iter_mut().zip(plane).zip(found) {
                        *exact *= x.to_u64() as f64 / 1024.0;
                        let error = found.to_i64() as f64 - *exact * 1024.0;
                        let most = 2.0 * planes as f64 * exact.max(1.0);
                        assert!(error.abs() < most, "{error} of {planes} planes");
                    }
                }
            }
        }
    }
    scans::<Z64>();
    scans::<Z32>();
}
