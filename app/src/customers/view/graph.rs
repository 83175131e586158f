//! Where the parties of a graph of relations stand: the customer left, one step away in the middle, two
//! steps at the right, each next to whom it belongs to. The same on the server and in the browser.

use std::collections::HashMap;

use chrono::NaiveDate;
use guanhu_domain::customers::{Relation, RelationEnd, RelationKind};
use rust_decimal::Decimal;

/// Measures in CSS pixels.
pub const NODE_WIDTH: f64 = 170.0;
pub const NODE_HEIGHT: f64 = 44.0;
const GAP: f64 = 118.0;
const PITCH: f64 = 56.0;
const MARGIN: f64 = 6.0;
/// How many parties are drawn beside the customer, and beside each of those; the list has all.
const MOST: [usize; 2] = [12, 6];

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub end: RelationEnd,
    /// Steps from the customer.
    pub step: usize,
    /// Top left corner.
    pub x: f64,
    pub y: f64,
}

/// `from` and `to` are places in [`Graph::nodes`], `from` the one nearer to the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    /// What `to` is to `from`.
    pub labels: Vec<Label>,
    /// Besides the tree: drawn faintly, its words only when asked for.
    pub aside: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub kind: RelationKind,
    pub inverse: bool,
    pub percentage: Option<Decimal>,
    /// The system that says so, and the day it spoke for.
    pub source: String,
    pub business_date: Option<NaiveDate>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    pub width: f64,
    pub height: f64,
    /// Parties that are only in the list.
    pub left_out: usize,
}

/// `steps` is 1 or 2.
pub fn layout(relations: &[Relation], steps: i32) -> Graph {
    let steps = steps.clamp(1, MOST.len() as i32);
    let Some(root) = relations.iter().find(|relation| relation.step == 1).map(|relation| &relation.from) else { return Graph::default() };
    let mut graph = Graph::default();
    let mut at: HashMap<&str, usize> = HashMap::new();
    let mut children: Vec<Vec<usize>> = Vec::new();
    place(&mut graph, &mut at, &mut children, root, 0);
    for step in 1..=steps {
        for relation in relations.iter().filter(|relation| relation.step == step) {
            let Some(&from) = at.get(relation.from.key.as_str()) else { continue };
            if at.contains_key(relation.to.key.as_str()) {
                continue;
            }
            if children[from].len() >= MOST[step as usize - 1] {
                graph.left_out += 1;
                continue;
            }
            let to = place(&mut graph, &mut at, &mut children, &relation.to, step as usize);
            children[from].push(to);
        }
    }
    let mut lines: HashMap<(usize, usize), usize> = HashMap::new();
    for relation in relations.iter().filter(|relation| relation.step <= steps) {
        let (Some(&from), Some(&to)) = (at.get(relation.from.key.as_str()), at.get(relation.to.key.as_str())) else { continue };
        let backwards = graph.nodes[to].step < graph.nodes[from].step;
        let (near, far) = if backwards { (to, from) } else { (from, to) };
        let label = Label {
            kind: relation.kind,
            inverse: relation.inverse != backwards,
            percentage: relation.percentage,
            source: relation.source.clone(),
            business_date: relation.business_date,
        };
        let line = *lines.entry((near, far)).or_insert_with(|| {
            let aside = !children[near].contains(&far);
            graph.edges.push(Edge { from: near, to: far, labels: Vec::new(), aside });
            graph.edges.len() - 1
        });
        if !graph.edges[line].labels.contains(&label) {
            graph.edges[line].labels.push(label);
        }
    }
    let mut next = MARGIN;
    stand(&mut graph.nodes, &children, 0, &mut next);
    let deepest = graph.nodes.iter().map(|node| node.step).max().unwrap_or(0);
    graph.width = MARGIN * 2.0 + NODE_WIDTH + deepest as f64 * (NODE_WIDTH + GAP);
    graph.height = next - PITCH + NODE_HEIGHT + MARGIN;
    graph
}

fn place<'a>(
    graph: &mut Graph,
    at: &mut HashMap<&'a str, usize>,
    children: &mut Vec<Vec<usize>>,
    end: &'a RelationEnd,
    step: usize,
) -> usize {
    let index = graph.nodes.len();
    graph.nodes.push(Node { end: end.clone(), step, x: MARGIN + step as f64 * (NODE_WIDTH + GAP), y: 0.0 });
    children.push(Vec::new());
    at.insert(&end.key, index);
    index
}

/// A leaf takes the next line; a parent stands in the middle of its children.
fn stand(nodes: &mut [Node], children: &[Vec<usize>], index: usize, next: &mut f64) {
    match (children[index].first(), children[index].last()) {
        (Some(&first), Some(&last)) => {
            for &child in &children[index] {
                stand(nodes, children, child, next);
            }
            nodes[index].y = (nodes[first].y + nodes[last].y) / 2.0;
        }
        _ => {
            nodes[index].y = *next;
            *next += PITCH;
        }
    }
}

/// The path of an edge, and where its words end (they stand before the farther node).
pub fn draw(graph: &Graph, edge: &Edge) -> (String, f64, f64) {
    let (from, to) = (&graph.nodes[edge.from], &graph.nodes[edge.to]);
    let (y1, y2) = (from.y + NODE_HEIGHT / 2.0, to.y + NODE_HEIGHT / 2.0);
    if from.step == to.step {
        // Neighbours in one column: a bow to the right of both.
        let x = from.x + NODE_WIDTH;
        let bow = x + 28.0;
        return (format!("M{x:.1} {y1:.1}C{bow:.1} {y1:.1} {bow:.1} {y2:.1} {x:.1} {y2:.1}"), x + 24.0, (y1 + y2) / 2.0);
    }
    let (x1, x2) = (from.x + NODE_WIDTH, to.x);
    let bend = x1 + 40.0;
    (format!("M{x1:.1} {y1:.1}C{bend:.1} {y1:.1} {x1:.1} {y2:.1} {bend:.1} {y2:.1}L{x2:.1} {y2:.1}"), x2 - 6.0, y2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanhu_domain::customers::Kind;

    fn end(key: &str) -> RelationEnd {
        RelationEnd { key: key.into(), customer_no: None, name: key.into(), kind: Kind::Personal, tier: None, aum: None }
    }

    fn relation(from: &str, to: &str, step: i32) -> Relation {
        let (from, to) = (end(from), end(to));
        Relation {
            from,
            to,
            kind: RelationKind::Spouse,
            inverse: false,
            percentage: None,
            step,
            source: "core".into(),
            business_date: None,
        }
    }

    #[test]
    fn nobody_stands_on_anybody_else_and_parents_stand_amid_their_children() {
        let relations = [
            relation("me", "a", 1),
            relation("me", "b", 1),
            relation("a", "c", 2),
            relation("a", "d", 2),
            relation("b", "c", 2),
            relation("a", "b", 2),
        ];
        let graph = layout(&relations, 2);
        assert_eq!(graph.nodes.len(), 5);
        assert_eq!(graph.edges.len(), 6);
        for (i, one) in graph.nodes.iter().enumerate() {
            for other in &graph.nodes[i + 1..] {
                assert!(one.step != other.step || (one.y - other.y).abs() >= NODE_HEIGHT);
            }
            assert!(one.y >= 0.0 && one.y + NODE_HEIGHT <= graph.height && one.x + NODE_WIDTH <= graph.width);
        }
        let y = |name: &str| graph.nodes.iter().find(|node| node.end.name == name).map(|node| node.y);
        assert_eq!(y("a"), Some((y("c").unwrap_or_default() + y("d").unwrap_or_default()) / 2.0));
        assert_eq!(layout(&relations, 1).nodes.len(), 3);
        assert_eq!(layout(&[], 2), Graph::default());
    }

    #[test]
    fn a_crowd_is_cut_and_counted() {
        let relations: Vec<Relation> = (0..40).map(|i| relation("me", &format!("n{i}"), 1)).collect();
        let graph = layout(&relations, 2);
        assert_eq!((graph.nodes.len(), graph.left_out), (1 + MOST[0], 40 - MOST[0]));
    }
}
