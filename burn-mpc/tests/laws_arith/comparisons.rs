//! Comparisons, masks and casts of their results.

use burn_mpc::testkit::{Bound, Place, World};

use super::M;

pub fn comparisons<B: Place>(w: &mut World<B>) {
    for shape in [[0, 3], [1, 1], [17, 4]] {
        w.section(format!("{shape:?} "));
        let (a, b) = (w.dyadic(shape, 0.75), w.dyadic(shape, 0.75));
        let values = w.eighths(shape.iter().product(), 0.75);
        let p = w.public_of(&values, shape);
        w.check_bool("equal", a.clone().equal(b.clone()));
        w.check_bool("not equal", a.clone().not_equal(p.clone()));
        w.check_bool("greater", a.clone().greater(b.clone()));
        w.check_bool("greater equal", a.clone().greater_equal(p.clone()));
        w.check_bool("lower", p.clone().lower(a.clone()));
        w.check_bool("lower equal", a.clone().lower_equal(b.clone()));
        w.check_bool("elem", a.clone().greater_equal_elem(0.25));
        w.check_bool("equal elem", a.clone().equal_elem(0.25));
        w.check_bool("far elem", a.clone().lower_elem(1.0e6));
        w.check_bool(
            "far elem at a fine scale",
            (a.clone() * 0.3 * 0.3).lower_elem(1.0e6),
        );
        w.exact("sign", a.clone().sign());
        let (x, y) = (a.clone().lower(b.clone()), a.clone().lower_elem(0.0));
        let public = p.greater_elem(0.0);
        w.check_bool("and", x.clone().bool_and(y.clone()));
        w.check_bool("or public", x.clone().bool_or(public.clone()));
        w.check_bool("xor", w.local("xor", || x.clone().bool_xor(y.clone())));
        w.check_bool("not", w.local("not", || x.clone().bool_not()));
        w.check_bool("bool equal", x.clone().equal(public.clone()));
        w.check_bool("bool not equal", x.clone().not_equal(y.clone()));
        w.check_bool("any", x.clone().any());
        w.check_bool("all", x.clone().all());
        if shape[0] > 0 {
            // The plaintext backend fails on empty dimensions.
            w.check_bool("any dim", x.clone().any_dim(1));
            w.check_bool("all dim", x.clone().all_dim(0));
            w.check_bool("any of floats", a.clone().any_dim(1));
        }
        w.check_int("bool to int", x.clone().int());
        w.exact("bool to float", x.clone().float());
        let fill =
            |w: &mut World<B>, name: &str, tensor| w.check(name, tensor, Bound::of(1.0, 0.0));
        fill(w, "mask where", a.clone().mask_where(x.clone(), b.clone()));
        fill(w, "mask fill", a.clone().mask_fill(x.clone(), 0.3));
        fill(
            w,
            "public mask",
            a.clone().mask_where(public.clone(), b.clone()),
        );
        fill(
            w,
            "public mask fill",
            a.clone().mask_fill(public.clone(), -7.3),
        );
        let values = w.public(shape, M);
        let other = w.public(shape, M);
        // Both are rounded: the tensor, and the step from it to the value.
        w.check(
            "only the mask is secret",
            values.clone().mask_where(x.clone(), other.clone()),
            Bound::of(2.0, 0.0),
        );
        fill(
            w,
            "fill where secret",
            values.clone().mask_fill(x.clone(), 2.5),
        );
        w.check_bool(
            "public truth by secret mask",
            public
                .clone()
                .mask_where(x.clone(), public.clone().bool_not()),
        );
        w.check_bool(
            "truth by public mask",
            x.clone().mask_fill(public.clone(), true),
        );
        w.check_bool("public truth filled", public.mask_fill(x.clone(), true));
        w.check_bool(
            "truth by mask",
            x.clone().mask_where(y.clone(), y.clone().bool_not()),
        );
        let counts = values.int();
        w.check_int(
            "public integers by mask",
            counts.clone().mask_fill(x.clone(), 5),
        );
        w.check_int(
            "public integers chosen",
            counts.clone().mask_where(x, counts.neg()),
        );
    }
}
