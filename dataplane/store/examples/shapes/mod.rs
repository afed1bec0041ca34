//! Events of typical SDK shapes, made up from word lists by a seeded generator: for training the shipped dictionary and for benchmarks.

use serde_json::{Value, json};

/// A small generator (SplitMix64): the same seed makes the same events everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::new();
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.next()));
        }
        text.truncate(digits);
        text
    }
}

const NOUNS: &[&str] = &["cart", "order", "payment", "user", "session", "invoice", "catalog", "search", "stock", "mail", "report", "queue", "cache", "image", "price", "coupon"];
const VERBS: &[&str] = &["add", "load", "save", "fetch", "render", "parse", "send", "update", "delete", "check", "apply", "resolve", "refresh", "dispatch", "validate"];
const HOSTS: &[&str] = &["web-1", "web-2", "web-3", "worker-1", "worker-2"];

/// How a platform's events differ.
struct Shape {
    platform: &'static str,
    sdk: (&'static str, &'static str),
    extension: &'static str,
    root: &'static str,
    errors: &'static [&'static str],
    packages: &'static [&'static str],
    runtime: (&'static str, &'static str),
    lines: &'static [&'static str],
}

const SHAPES: &[Shape] = &[
    Shape { platform: "python", sdk: ("sentry.python.django", "2.44.0"), extension: "py", root: "/srv/app", errors: &["ValueError", "KeyError", "TypeError", "OperationalError", "ConnectionError", "PermissionDenied"], packages: &["django", "requests", "sqlalchemy", "celery", "pydantic", "urllib3", "redis"], runtime: ("CPython", "3.12.8"), lines: &["    def {v}(self, {n}, *args, **kwargs):", "        if not {n}:", "            raise ValueError(\"{n} is missing\")", "        return self.{n}.{v}(**kwargs)", "    for {n} in self.{v}_all():", "        with transaction.atomic():", "        logger.info(\"{v} {n}\")", "    except KeyError as error:", ""] },
    Shape { platform: "javascript", sdk: ("sentry.javascript.react", "10.22.0"), extension: "js", root: "https://shop.example.com/static/js", errors: &["TypeError", "ReferenceError", "SyntaxError", "ChunkLoadError", "UnhandledRejection", "AxiosError"], packages: &["react-dom", "scheduler", "axios", "redux", "lodash"], runtime: ("Chrome", "141.0.0"), lines: &["  const {n} = await {v}({n}Id);", "  if ({n} === undefined) {", "    throw new TypeError(`cannot {v} ${n}`);", "  return {n}.{v}(options);", "  }, [{n}, {v}]);", "  dispatch({ type: '{n}/{v}' });", "}", ""] },
    Shape { platform: "node", sdk: ("sentry.javascript.node", "10.22.0"), extension: "ts", root: "/usr/src/app/dist", errors: &["TypeError", "RangeError", "SequelizeDatabaseError", "ECONNREFUSED", "AssertionError"], packages: &["express", "pg", "ioredis", "next", "undici"], runtime: ("node", "v22.11.0"), lines: &["export async function {v}{n}(req: Request) {", "  const {n} = await this.{n}Service.{v}(id);", "  if (!{n}) throw new Error('{n} not found');", "  res.json({n});", "}", ""] },
    Shape { platform: "java", sdk: ("sentry.java.spring-boot.jakarta", "8.25.0"), extension: "java", root: "com.example.shop", errors: &["NullPointerException", "IllegalStateException", "SQLException", "IllegalArgumentException", "TimeoutException"], packages: &["org.springframework.web", "org.hibernate", "java.util", "io.netty", "com.zaxxer.hikari"], runtime: ("OpenJDK", "21.0.5"), lines: &["    public {n} {v}(long id) {", "        return repository.{v}(id).orElseThrow();", "    }"] },
    Shape { platform: "go", sdk: ("sentry.go", "0.36.0"), extension: "go", root: "/go/src/shop", errors: &["*errors.errorString", "*net.OpError", "*pq.Error", "runtime.boundsError"], packages: &["net/http", "database/sql", "github.com/gin-gonic/gin", "google.golang.org/grpc"], runtime: ("go", "go1.24.1"), lines: &["func (s *Server) {v}(ctx context.Context, {n} string) error {", "\tif err != nil {", "\t\treturn fmt.Errorf(\"{v} {n}: %w\", err)", "\t}", "}"] },
    Shape { platform: "ruby", sdk: ("sentry.ruby.rails", "6.1.0"), extension: "rb", root: "/app", errors: &["NoMethodError", "ActiveRecord::RecordNotFound", "ArgumentError", "Net::ReadTimeout"], packages: &["actionpack", "activerecord", "puma", "sidekiq"], runtime: ("ruby", "3.4.1"), lines: &["  def {v}({n})", "    {n}.{v}!", "    raise ArgumentError, \"{n}\" unless {n}", "  end"] },
    Shape { platform: "php", sdk: ("sentry.php.laravel", "4.18.0"), extension: "php", root: "/var/www/html", errors: &["ErrorException", "Illuminate\\Database\\QueryException", "InvalidArgumentException"], packages: &["laravel/framework", "guzzlehttp/guzzle", "symfony/http-kernel"], runtime: ("php", "8.4.2"), lines: &["    public function {v}(Request $request)", "    {", "        return $this->{n}->{v}($request->input('{n}'));", "    }"] },
    Shape { platform: "csharp", sdk: ("sentry.dotnet.aspnetcore", "5.16.0"), extension: "cs", root: "Shop.Api", errors: &["System.NullReferenceException", "System.InvalidOperationException", "Npgsql.NpgsqlException"], packages: &["Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "System.Net.Http"], runtime: (".NET", "9.0.1"), lines: &["    public async Task<{n}> {v}Async(int id)", "        var {n} = await _context.{v}(id);", "    }"] },
    Shape { platform: "native", sdk: ("sentry.rust", "0.45.0"), extension: "rs", root: "src", errors: &["panic", "std::io::Error", "sqlx::Error", "SIGSEGV"], packages: &["tokio", "hyper", "axum", "core"], runtime: ("rustc", "1.91.0"), lines: &["    let {n} = self.{v}(&id).await?;", "    fn {v}(&self, {n}: &str) -> Result<(), Error> {", "    }"] },
];

/// How many different kinds of issues a program has.
pub const KINDS: usize = 60;

/// How many functions of a program appear in its stacks.
const FUNCTIONS: usize = 90;

/// Event `number` of a program; `shape` picks the platform (`None` = any).
pub fn event(dice: &mut Dice, shape: Option<usize>, number: u64, timestamp_s: f64) -> Value {
    let shape = &SHAPES[shape.unwrap_or_else(|| dice.below(SHAPES.len())) % SHAPES.len()];
    // The stack depends on the kind alone; the rest varies per event.
    let kind = (dice.next() % KINDS as u64).min(dice.next() % KINDS as u64);
    let mut stack = Dice(kind.wrapping_mul(0x51_7cc1_b727_220a));
    // A program has one set of functions; its stacks share them.
    let frames: Vec<Value> = (0..14 + stack.below(12)).map(|at| frame(shape, stack.below(FUNCTIONS) as u64, dice, at)).collect();
    let (noun, verb) = (stack.pick(NOUNS), stack.pick(VERBS));
    let user = dice.below(5_000);
    json!({
        "event_id": dice.hex(32), "timestamp": timestamp_s, "received": timestamp_s + 0.4, "platform": shape.platform, "level": "error", "type": "error", "version": "7",
        "logger": format!("shop.{noun}"), "transaction": format!("/api/{noun}/{verb}/"), "release": format!("shop@2.{}.{}", dice.below(3), dice.below(10)), "environment": dice.pick(&["production", "staging", "development"]),
        "server_name": dice.pick(HOSTS), "culprit": format!("shop.{noun} in {verb}"), "location": format!("shop/{noun}.{}", shape.extension),
        "sdk": {"name": shape.sdk.0, "version": shape.sdk.1, "integrations": ["argv", "atexit", "dedupe", "excepthook", "logging", "modules", "stdlib", "threading"], "packages": [{"name": "pypi:sentry-sdk", "version": shape.sdk.1}]},
        "exception": {"values": [{"type": stack.pick(shape.errors), "value": format!("cannot {verb} {noun} {}", dice.below(100_000)), "module": shape.root, "mechanism": {"type": "generic", "handled": false}, "stacktrace": {"frames": frames}}]},
        "user": {"id": user.to_string(), "email": format!("user{user}@example.com"), "ip_address": format!("203.0.113.{}", user % 250), "geo": {"country_code": "DE", "city": "Berlin", "region": "Germany"}},
        "request": {"url": format!("https://shop.example.com/api/{noun}/{verb}/"), "method": dice.pick(&["GET", "POST", "PUT"]), "query_string": [["page", dice.below(20).to_string()]], "headers": [["Accept", "application/json, text/plain, */*"], ["Accept-Encoding", "gzip, deflate, br"], ["Accept-Language", "en-US,en;q=0.9"], ["Content-Type", "application/json"], ["Host", "shop.example.com"], ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"], ["X-Request-Id", dice.hex(16)]], "env": {"SERVER_NAME": "shop", "SERVER_PORT": "8000"}, "inferred_content_type": "application/json"},
        "contexts": {"trace": {"trace_id": dice.hex(32), "span_id": dice.hex(16), "parent_span_id": dice.hex(16), "op": "http.server", "status": "internal_error", "type": "trace"}, "runtime": {"name": shape.runtime.0, "version": shape.runtime.1, "build": format!("{} ({})", shape.runtime.1, shape.runtime.0), "type": "runtime"}, "os": {"name": "Linux", "version": "6.8.0", "kernel_version": "6.8.0-51-generic", "type": "os"}, "browser": {"name": "Chrome", "version": "141.0.0", "type": "browser"}, "device": {"arch": "x86_64", "family": "Other", "type": "device"}, "culture": {"locale": "en_US", "timezone": "Europe/Berlin"}},
        "tags": [["url", format!("https://shop.example.com/api/{noun}/{verb}/")], ["server_name", dice.pick(HOSTS)], ["runtime", format!("{} {}", shape.runtime.0, shape.runtime.1)], ["tenant", format!("t{}", dice.below(40))]],
        "breadcrumbs": {"values": (0..12).map(|at| crumb(dice, timestamp_s - 12.0 + f64::from(at))).collect::<Vec<_>>()},
        "modules": shape.packages.iter().map(|name| ((*name).to_owned(), json!("4.2.1"))).collect::<serde_json::Map<_, _>>(),
        "extra": {"sys.argv": ["manage.py", "runserver"], "number": number}, "errors": [], "_metrics": {"bytes.ingested.event": 18_000},
        "fingerprint": ["{{ default }}"], "grouping_config": {"id": "newstyle:2026-01-20"}, "metadata": {"type": "Error", "value": "cannot", "filename": format!("shop/{noun}.{}", shape.extension), "function": verb},
    })
}

fn line(shape: &Shape, stack: &mut Dice) -> String {
    let (noun, verb) = (stack.pick(NOUNS), stack.pick(VERBS));
    stack.pick(shape.lines).replace("{n}", noun).replace("{v}", verb)
}

fn frame(shape: &Shape, function: u64, dice: &mut Dice, at: usize) -> Value {
    let stack = &mut Dice(function.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ shape.platform.len() as u64);
    let in_app = stack.below(3) != 0;
    let (noun, verb, package) = (stack.pick(NOUNS), stack.pick(VERBS), stack.pick(shape.packages));
    let path = if in_app { format!("shop/{noun}.{}", shape.extension) } else { format!("{package}/core/{noun}.{}", shape.extension) };
    let mut context = |count: usize| (0..count).map(|_| line(shape, stack)).collect::<Vec<_>>();
    let (before, this, after) = (context(5), context(1), context(5));
    json!({
        "filename": path, "abs_path": format!("{}/{path}", shape.root), "module": path.replace('/', "."), "function": verb, "lineno": 10 + stack.below(500), "in_app": in_app,
        "pre_context": before, "context_line": this[0], "post_context": after,
        "vars": {"self": format!("<shop.{noun}.{verb} object at 0x7f{}>", if at % 4 == 0 { dice.hex(10) } else { "3a10cc5ed0".into() }), noun: dice.below(10_000).to_string(), "args": [], "kwargs": {"id": dice.below(90_000).to_string(), "retry": "False"}},
    })
}

fn crumb(dice: &mut Dice, timestamp_s: f64) -> Value {
    let (noun, verb) = (dice.pick(NOUNS), dice.pick(VERBS));
    match dice.below(3) {
        0 => json!({"type": "http", "category": "httplib", "level": "info", "timestamp": timestamp_s, "data": {"url": format!("https://api.example.com/{noun}/{}", dice.below(10_000)), "method": "GET", "status_code": 200, "reason": "OK"}}),
        1 => json!({"type": "default", "category": "query", "level": "info", "timestamp": timestamp_s, "message": format!("SELECT id, name, created FROM {noun} WHERE id = %s AND {verb} IS NULL")}),
        _ => json!({"type": "log", "category": format!("shop.{noun}"), "level": "warning", "timestamp": timestamp_s, "message": format!("{verb} of {noun} {} took {} ms", dice.below(100_000), dice.below(900))}),
    }
}
