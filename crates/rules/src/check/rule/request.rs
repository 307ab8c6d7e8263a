//! PAY002: the charged amount comes from the locked price on the server, never from the request.

use super::Verdicts;
use super::charge::{Charge, Move, all_given};
use super::outside::is_gateway_charge;
use crate::check::fact::Reading;
use crate::check::finding::{Confidence, Finding};
use crate::check::language::Language;
use crate::check::names::{squashed, words};
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

const RULE: &str = "PAY002";
const DEPTH_MAX: usize = 7;
/// Keys under which providers take the amount.
const AMOUNTS: &[&str] = &["amount", "unitamount", "value", "amountincents", "amountcents", "grossamount"];
/// Amounts that the buyer may choose: gifts, and money that is put into an account.
const CHOSEN: &[&str] = &["donat", "tithe", "offering", "topup", "top_up", "charity", "pledge"];
/// The same in the name of what answers the request.
const FILLED: &[&str] =
    &["deposit", "recharge", "addmoney", "add_money", "addfunds", "add_funds", "contribution", "sponsor"];
/// Parts of a request that are no sum of money, whatever is done with them.
const NO_SUM: &[&str] =
    &["id", "quantity", "qty", "count", "currency", "type", "number", "days", "nights", "seats", "items"];
/// What a request is called wherever it stands.
const REQUESTS: &[&str] = &["req", "request", "_post", "_get", "_request"];
/// What a part of it is called in a function that answers a request.
const PARTS: &[&str] =
    &["body", "params", "payload", "dto", "input", "form", "data", "validated", "formdata"];

/// What the server keeps in the request object itself.
const KEPT: &[&str] = &[
    "session", "user", "order", "cart", "booking", "locals", "state", "auth", "app", "context", "invoice",
    "product", "plan", "basket", "tenant", "account",
];

/// Functions that pass on what they are given, as a number or a text.
const CONVERTS: &[&str] = &[
    "number",
    "parseint",
    "parsefloat",
    "int",
    "float",
    "decimal",
    "round",
    "str",
    "string",
    "intval",
    "floatval",
    "bigdecimal",
    "math",
    "sum",
    "long",
    "int64",
    "float64",
];
/// Methods that pass on what they are called on or given.
const ARITHMETIC: &[&str] = &[
    "round",
    "ceil",
    "floor",
    "tofixed",
    "toi",
    "tof",
    "tod",
    "multiply",
    "times",
    "longvalue",
    "intvalue",
    "int64",
    "valueof",
    "mul",
    "trunc",
    "tolong",
    "toint32",
    "todecimal",
    "new",
    "from",
    "abs",
    "doublevalue",
    "tostring",
    "multipliedby",
];
/// Methods that give a part of a request.
const READS: &[&str] = &[
    "json",
    "getjson",
    "validated",
    "all",
    "safe",
    "only",
    "body",
    "formdata",
    "permit",
    "require",
    "get",
    "input",
    "parse",
    "validate",
    "loads",
    "toobject",
    "data",
    "getcontent",
];

/// Judges where the amounts of a unit's charges come from.
pub(super) fn judge(
    unit: &Unit<'_, '_>,
    reading: Reading<'_>,
    charges: &[Charge<'_, '_, '_>],
    verdicts: &mut Verdicts,
) {
    let source = Source { unit, handler: is_handler(unit, reading) };
    let known = charges.iter().filter(|charge| charge.what != Move::Refund);
    let known = known.map(|charge| (charge.chain, charge.link));
    // `_paymentGateway.ChargeAsync(new PaymentRequest { Amount = request.Amount })`.
    let own = unit.chains.iter().filter(|chain| charges.iter().all(|charge| charge.chain.span != chain.span));
    let own = own.filter_map(|chain| Some((chain, &chain.links[is_gateway_charge(chain)?])));
    for (chain, link) in known.chain(own) {
        let amounts = all_given(unit, link.given(), AMOUNTS);
        if amounts.is_empty() {
            continue;
        }
        let Some(read) = amounts.into_iter().find_map(|amount| source.flows(amount, 0)) else {
            verdicts.kept.push((RULE, chain.span));
            continue;
        };
        if source.is_compared() || is_chosen(unit, reading) {
            continue;
        }
        let message =
            "The charged amount comes from the request: whoever sends it chooses the price.".to_owned();
        // Away from the handler somebody may have checked what a request object carries.
        let confidence = if source.handler { Confidence::High } else { Confidence::Medium };
        let finding = Finding::new(RULE, confidence, super::place(reading, link), message)
            .fix("charge the total of the price lock that was stored when the checkout began")
            .related("read from the request here", Some(read));
        verdicts.findings.push(finding);
    }
}

/// Whether the buyer may choose what is paid here.
fn is_chosen(unit: &Unit<'_, '_>, reading: Reading<'_>) -> bool {
    let class = unit.class.map_or("", |class| class.name);
    let stem = reading.path.rsplit('/').next().unwrap_or_default();
    let named = [unit.name, class, stem].iter().any(|name| {
        let lower = name.to_lowercase();
        CHOSEN.iter().chain(FILLED).any(|word| lower.contains(word))
    });
    named || super::mentions(unit, reading, CHOSEN)
}

struct Source<'u, 't, 'a> {
    unit: &'u Unit<'t, 'a>,
    handler: bool,
}

impl<'a> Source<'_, '_, 'a> {
    /// Where a value was taken from the request; `None` if it was not, or this function does not show it.
    fn flows(&self, node: &Node<'a>, depth: usize) -> Option<Span> {
        if depth > DEPTH_MAX {
            return None;
        }
        match &node.kind {
            Kind::Binary(_, left, right) => {
                self.flows(left, depth + 1).or_else(|| self.flows(right, depth + 1))
            }
            Kind::Name(name) => self.named(name, node, depth),
            Kind::Member(object, name) if is_sum(name) && self.is_request(object, 0) => Some(node.span),
            Kind::Member(..) => self.filled(node, depth),
            Kind::Index(object, key) => {
                let sum = key.text().is_some_and(is_sum);
                (sum && self.is_request(object, 0)).then_some(node.span)
            }
            Kind::Call(callee, arguments) => {
                self.called(node, callee, arguments, depth).or_else(|| self.filled(node, depth))
            }
            Kind::New(_, parts) | Kind::Other(parts) => {
                parts.iter().find_map(|part| self.flows(part, depth + 1))
            }
            Kind::Text(_, parts) if parts.len() == 1 => self.flows(&parts[0], depth + 1),
            _ => None,
        }
    }

    /// `donation.amount = params[:amount]` before `donation.amount` is charged.
    fn filled(&self, node: &Node<'a>, depth: usize) -> Option<Span> {
        let wanted = path(node)?;
        let before = self.unit.assignments.iter().rev().find(|assignment| {
            assignment.operator == "="
                && assignment.span.end <= node.span.start
                && path(assignment.target).is_some_and(|target| target == wanted)
        });
        before.and_then(|assignment| self.flows(assignment.value, depth + 1))
    }

    fn named(&self, name: &str, node: &Node<'a>, depth: usize) -> Option<Span> {
        // `total += item.price * item.quantity`.
        let mut added = self.unit.assignments.iter().filter(|assignment| {
            assignment.operator == "+="
                && assignment.target.name() == Some(name)
                && assignment.span.end <= node.span.start
        });
        if let Some(read) = added.find_map(|assignment| self.flows(assignment.value, depth + 1)) {
            return Some(read);
        }
        let Some(definitions) = self.unit.definitions.get(name) else {
            // A parameter of a route is filled from the request.
            let routed = self.unit.function.is_some_and(|function| {
                function.decorators.iter().any(|decorator| {
                    decorator
                        .any(&|part| matches!(&part.kind, Kind::Member(_, "post" | "put" | "route" | "get")))
                })
            });
            let parameter = self.unit.parameters.contains_key(name);
            return (routed && parameter && is_money(name)).then_some(node.span);
        };
        // Any of them may hold: `let { amount } = req.body; amount = Math.round(amount)`.
        let before = definitions.iter().filter(|definition| {
            let own =
                definition.value.span.start <= node.span.start && node.span.start < definition.value.span.end;
            definition.at < node.span.start && !own && !definition.element
        });
        before.into_iter().find_map(|definition| {
            let value = definition.value;
            // `const { amount } = req.body`.
            let apart =
                definition.part || !matches!(value.kind, Kind::Binary(..)) && self.is_request(value, 0);
            if apart {
                return (is_money(name) && self.is_request(value, 0)).then_some(value.span);
            }
            self.flows(value, depth + 1)
        })
    }

    fn called(
        &self,
        node: &Node<'a>,
        callee: &Node<'a>,
        arguments: &[Node<'a>],
        depth: usize,
    ) -> Option<Span> {
        match &callee.kind {
            Kind::Name(name) => CONVERTS
                .contains(&squashed(name).as_str())
                .then(|| arguments.iter().find_map(|argument| self.flows(argument, depth + 1)))?,
            Kind::Member(object, name) => {
                // `request.data.get('amount')`, `$request->input('amount')`, `request.getAmount()`.
                let key = match arguments {
                    [] => Some(name.strip_prefix("get").or(name.strip_prefix("Get")).unwrap_or(name)),
                    [key, ..]
                        if matches!(
                            squashed(name).as_str(),
                            "get" | "input" | "query" | "post" | "fetch" | "integer" | "float" | "param"
                        ) =>
                    {
                        key.text()
                    }
                    _ => None,
                };
                if key.is_some_and(is_sum) && self.is_request(object, 0) {
                    return Some(node.span);
                }
                if self.is_summed(object, name, arguments) {
                    return Some(node.span);
                }
                ARITHMETIC.contains(&squashed(name).as_str()).then(|| {
                    self.flows(object, depth + 1)
                        .or_else(|| arguments.iter().find_map(|argument| self.flows(argument, depth + 1)))
                })?
            }
            _ => None,
        }
    }

    /// `req.body.items.reduce((sum, item) => sum + item.price * item.quantity, 0)`.
    fn is_summed(&self, object: &Node<'a>, name: &str, arguments: &[Node<'a>]) -> bool {
        let sums =
            matches!(squashed(name).as_str(), "reduce" | "sum" | "fold" | "inject" | "sumby" | "aggregate");
        sums && self.is_request(object, 0)
            && arguments.iter().any(|argument| {
                let money = |part: &Node<'a>| match &part.kind {
                    Kind::Member(_, name) => is_money(name),
                    Kind::Index(_, key) => key.text().is_some_and(is_money),
                    _ => false,
                };
                matches!(argument.kind, Kind::Function(_)) && argument.any(&money)
            })
    }

    /// Whether an object is the request or came out of it.
    fn is_request(&self, node: &Node<'a>, depth: usize) -> bool {
        if depth > DEPTH_MAX {
            return false;
        }
        match &node.kind {
            Kind::Name(name) => {
                let key = squashed(name);
                if is_request_itself(name) {
                    return true;
                }
                match self.unit.definition(name, node.span.start) {
                    Some(definition) if definition.value.span.start != node.span.start => {
                        self.is_request(definition.value, depth + 1)
                    }
                    // Beside the request itself, `data` is what the framework made of it.
                    _ if key == "data" && self.unit.parameters.contains_key(name) => {
                        self.handler && !self.unit.parameters.keys().any(|other| REQUESTS.contains(other))
                    }
                    _ => {
                        self.handler && PARTS.contains(&key.as_str())
                            || self.is_sent(name)
                            || self.is_filled_by_decoder(name)
                    }
                }
            }
            // What the server itself put beside the request.
            Kind::Member(object, name) if KEPT.contains(name) && object.name().is_some() => {
                !object.name().is_some_and(is_request_itself) && self.is_request(object, depth + 1)
            }
            Kind::Member(object, _) | Kind::Index(object, _) => self.is_request(object, depth + 1),
            Kind::Call(callee, arguments) => match &callee.kind {
                Kind::Name(name) | Kind::Member(_, name) if is_reader(name) => true,
                Kind::Member(object, name) => {
                    let key = squashed(name);
                    let parses = matches!(key.as_str(), "parse" | "loads" | "validate");
                    READS.contains(&key.as_str())
                        && (self.is_request(object, depth + 1)
                            || parses
                                && arguments.iter().any(|argument| self.is_request(argument, depth + 1)))
                }
                // PHP's `json_decode($request->getContent())`.
                Kind::Name("json_decode") => {
                    arguments.first().is_some_and(|text| self.is_request(text, depth + 1))
                }
                Kind::Name("file_get_contents") => {
                    arguments.first().and_then(Node::text) == Some("php://input")
                }
                _ => false,
            },
            Kind::Binary("||" | "??" | "or", left, _) => self.is_request(left, depth + 1),
            _ => false,
        }
    }

    /// Whether a parameter is what was sent, by its name: `paymentRequest`, in a handler also `orderDto`.
    fn is_sent(&self, name: &str) -> bool {
        let words = words(name);
        let asks = words.iter().any(|word| matches!(word.as_str(), "request" | "requests"));
        let part = words.last().is_some_and(|last| PARTS.contains(&last.as_str()) && last != "data");
        let carried = words.iter().any(|word| word == "dto");
        let named = words.len() > 1 && (asks || self.handler && part) || carried;
        self.unit.parameters.contains_key(name) && named
    }

    /// Go's `c.BindJSON(&input)` and `json.NewDecoder(r.Body).Decode(&input)`.
    fn is_filled_by_decoder(&self, name: &str) -> bool {
        self.handler
            && self.unit.chains.iter().flat_map(|chain| &chain.links).any(|link| {
                let decodes = matches!(
                    link.key.as_str(),
                    "bindjson" | "shouldbindjson" | "shouldbind" | "bind" | "bodyparser" | "decode"
                );
                decodes && link.given().iter().any(|argument| argument.name() == Some(name))
            })
    }

    /// Whether an amount from the request is compared with one that the server knows.
    fn is_compared(&self) -> bool {
        self.unit.conditions.iter().any(|condition| {
            condition.any(&|node| {
                let Kind::Binary("!=" | "!==" | "==" | "===" | "<>", left, right) = &node.kind else {
                    return false;
                };
                let known = |side: &Node<'a>| {
                    matches!(side.kind, Kind::Member(..) | Kind::Name(_) | Kind::Call(..) | Kind::Binary(..))
                        && !matches!(side.name(), Some("null" | "undefined" | "None" | "nil"))
                        && self.flows(side, 0).is_none()
                };
                self.flows(left, 0).is_some() && known(right) || self.flows(right, 0).is_some() && known(left)
            })
        })
    }
}

/// The names along `a.b.c`; `None` for anything else.
fn path<'a>(node: &Node<'a>) -> Option<Vec<&'a str>> {
    match &node.kind {
        Kind::Name(name) => Some(vec![name]),
        Kind::Member(object, name) => {
            let mut names = path(object)?;
            names.push(name);
            Some(names)
        }
        // Ruby reads a field by a call.
        Kind::Call(callee, arguments) if arguments.is_empty() => path(callee),
        _ => None,
    }
}

fn is_request_itself(name: &str) -> bool {
    REQUESTS.contains(&name.trim_start_matches('$').to_lowercase().as_str())
}

/// `get_json_from_request()`, `readRequestBody()`.
fn is_reader(name: &str) -> bool {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    has(&["request"])
        && has(&["json", "body", "data", "payload"])
        && has(&["get", "read", "parse", "decode", "load"])
}

/// Whether a part of a request may be a sum of money.
fn is_sum(name: &str) -> bool {
    !words(name).iter().any(|word| NO_SUM.contains(&word.as_str()))
}

fn is_money(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "amount"
                | "total"
                | "price"
                | "sum"
                | "cost"
                | "subtotal"
                | "monto"
                | "valor"
                | "preco"
                | "precio"
        )
    })
}

/// Whether a unit answers a request: a controller's method, a route, a function of `(req, res)`.
fn is_handler(unit: &Unit<'_, '_>, reading: Reading<'_>) -> bool {
    let class = unit.class.map_or("", |class| class.name).to_lowercase();
    let controller =
        ["controller", "resource", "viewset", "apiview", "handler"].iter().any(|word| class.contains(word));
    let decorated = unit.function.is_some_and(|function| {
        function.decorators.iter().any(|decorator| {
            let root = decorator.root().name().unwrap_or_default();
            matches!(
                root,
                "app"
                    | "router"
                    | "bp"
                    | "api"
                    | "Post"
                    | "PostMapping"
                    | "HttpPost"
                    | "api_view"
                    | "Put"
                    | "RequestMapping"
            )
        })
    });
    let asked =
        unit.parameters.keys().any(|name| matches!(*name, "req" | "request" | "res" | "ctx" | "c" | "w"));
    controller || decorated || asked || reading.language == Language::Ruby && class.contains("controller")
}
