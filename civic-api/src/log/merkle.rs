//! The Merkle tree over the log (RFC 6962 section 2.1, unchanged in RFC 9162). Pure.
//!
//! Leaf number `i` (from 0) is the record with the number `i + 1`; its data are the 32 bytes of the record's hash. What
//! a proof needs is said as ranges of leaves; each is put together from complete subtrees, and those are stored.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// SHA-256, as bytes.
pub type Hash = [u8; 32];

/// A complete subtree: the leaves `index · 2^level` up to `(index + 1) · 2^level`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Node {
    /// 0 is a leaf.
    pub level: u32,
    /// Its number in its level, from 0.
    pub index: u64,
}

/// The hash of a leaf.
pub fn leaf(data: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(data);
    hasher.finalize().into()
}

/// The hash above two others.
pub fn join(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The largest power of two below `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// What an inclusion proof of leaf `index` in the tree of `size` leaves consists of (RFC 6962 section 2.1.1), from the
/// bottom to the top. `None`: there is no such leaf.
pub fn inclusion(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(middle..end);
            end = middle;
        } else {
            path.push(start..middle);
            start = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// What a consistency proof between the trees of `first` and `second` leaves consists of (RFC 6962 section 2.1.2).
/// `None`: `first` is 0 or more than `second`.
pub fn consistency(first: u64, second: u64) -> Option<Vec<Range<u64>>> {
    if first == 0 || first > second {
        return None;
    }
    let (mut start, mut end) = (0, second);
    let mut path = Vec::new();
    // Whether the part we look at is the whole first tree: then its reader knows the hash.
    let mut whole = true;
    while first < end {
        let middle = start + split(end - start);
        if first <= middle {
            path.push(middle..end);
            end = middle;
        } else {
            path.push(start..middle);
            start = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(start..end);
    }
    path.reverse();
    Some(path)
}

/// The complete subtrees that make up a range of a tree, from left to right; [`fold`] joins their hashes.
pub fn complete(range: Range<u64>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let left = range.end - start;
        let level = (63 - left.leading_zeros()).min(start.trailing_zeros());
        nodes.push(Node {
            level,
            index: start >> level,
        });
        start += 1 << level;
    }
    nodes
}

/// The hash above complete subtrees that stand side by side; above none, that of nothing.
pub fn fold(hashes: &[Hash]) -> Hash {
    let mut from_right = hashes.iter().rev();
    let Some(last) = from_right.next() else {
        return Sha256::digest(b"").into();
    };
    from_right.fold(*last, |right, left| join(left, &right))
}

/// The tree's right edge, while leaves are added: enough to say the root at every size.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    size: u64,
    /// The complete subtrees, the largest first: one for each bit of `size`.
    hashes: Vec<Hash>,
}

impl Edge {
    /// Adds a leaf, by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.hashes.pop() else { break };
            hash = join(&left, &hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        fold(&self.hashes)
    }
}

/// The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2). `None`: it has the wrong length.
pub fn root_from_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash]) -> Option<Hash> {
    let path = inclusion(index, size)?;
    if path.len() != proof.len() {
        return None;
    }
    Some(path.iter().zip(proof).fold(*leaf, |hash, (range, other)| {
        if range.start > index {
            join(&hash, other)
        } else {
            join(other, &hash)
        }
    }))
}

/// Whether a consistency proof leads from one root to the other (RFC 9162 section 2.1.4.2).
pub fn is_consistent(
    first: u64,
    second: u64,
    first_root: &Hash,
    second_root: &Hash,
    proof: &[Hash],
) -> bool {
    if first == 0 || first > second {
        return false;
    }
    if first == second {
        return proof.is_empty() && first_root == second_root;
    }
    let mut given = proof.iter();
    let start = if first.is_power_of_two() {
        Some(first_root)
    } else {
        given.next()
    };
    let Some(start) = start else { return false };
    let (mut old, mut new) = (*start, *start);
    let (mut f, mut s) = (first - 1, second - 1);
    while f & 1 == 1 {
        f >>= 1;
        s >>= 1;
    }
    for hash in given {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            old = join(hash, &old);
            new = join(hash, &new);
            while f & 1 == 0 && f != 0 {
                f >>= 1;
                s >>= 1;
            }
        } else {
            new = join(&new, hash);
        }
        f >>= 1;
        s >>= 1;
    }
    s == 0 && old == *first_root && new == *second_root
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// The definition, word for word (RFC 6962 section 2.1).
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest(b"").into(),
            [one] => *one,
            many => {
                let k = usize::try_from(split(many.len() as u64)).unwrap();
                join(
                    &root_by_definition(&many[..k]),
                    &root_by_definition(&many[k..]),
                )
            }
        }
    }

    fn leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| leaf(&i.to_be_bytes())).collect()
    }

    fn over(leaves: &[Hash], range: &Range<u64>) -> Hash {
        root_by_definition(&leaves[range.start as usize..range.end as usize])
    }

    /// The test vectors of Certificate Transparency's own tests: eight leaves and the roots over 1, 2 … 8 of them.
    #[test]
    fn the_roots_are_those_that_others_compute() {
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut edge = Edge::default();
        for (input, root) in inputs.iter().zip(roots) {
            edge.push(leaf(&hex::decode(input).unwrap()));
            assert_eq!(hex::encode(edge.root()), root);
        }
    }

    #[test]
    fn complete_subtrees_and_the_edge_give_the_root_of_the_definition() {
        let leaves = leaves(70);
        let mut edge = Edge::default();
        assert_eq!(edge.root(), root_by_definition(&[]));
        for size in 1..=70 {
            edge.push(leaves[size as usize - 1]);
            let expected = over(&leaves, &(0..size));
            assert_eq!(edge.root(), expected, "{size}");
            let hashes: Vec<Hash> = complete(0..size)
                .iter()
                .map(|n| over(&leaves, &(n.index << n.level..(n.index + 1) << n.level)))
                .collect();
            assert_eq!(fold(&hashes), expected, "{size}");
        }
    }

    #[test]
    fn every_inclusion_proof_leads_to_the_root_and_no_other_leaf_does() {
        let leaves = leaves(40);
        for size in 1..=40 {
            let root = over(&leaves, &(0..size));
            for index in 0..size {
                let proof: Vec<Hash> = inclusion(index, size)
                    .unwrap()
                    .iter()
                    .map(|range| over(&leaves, range))
                    .collect();
                let own = leaves[index as usize];
                assert_eq!(root_from_inclusion(index, size, &own, &proof), Some(root));
                let other = leaf(b"another");
                assert_ne!(root_from_inclusion(index, size, &other, &proof), Some(root));
                assert_eq!(
                    root_from_inclusion(index, size, &own, &[&proof[..], &[own]].concat()),
                    None
                );
            }
            assert_eq!(inclusion(size, size), None);
        }
    }

    #[test]
    fn every_consistency_proof_holds_and_a_changed_one_does_not() {
        let leaves = leaves(40);
        for second in 1..=40 {
            let new = over(&leaves, &(0..second));
            for first in 1..=second {
                let old = over(&leaves, &(0..first));
                let proof: Vec<Hash> = consistency(first, second)
                    .unwrap()
                    .iter()
                    .map(|range| over(&leaves, range))
                    .collect();
                assert!(
                    is_consistent(first, second, &old, &new, &proof),
                    "{first} {second}"
                );
                let wrong = leaf(b"another");
                assert!(!is_consistent(first, second, &wrong, &new, &proof));
                assert!(!is_consistent(first, second, &old, &wrong, &proof));
                let longer = [&proof[..], &[wrong]].concat();
                assert!(!is_consistent(first, second, &old, &new, &longer));
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!is_consistent(first, second, &old, &new, shorter));
                }
            }
            assert_eq!(consistency(0, second), None);
            assert_eq!(consistency(second + 1, second), None);
        }
    }
}
