/** Set-up per platform: what to install, what to paste, and how to see that it works. DSN stands for the project's own. */

export interface Platform { id: string; name: string; group: "Server" | "Browser" | "Mobile and desktop"; install: string; configure: string; verify: string }

const DSN = "___DSN___";

export function filled(code: string, dsn: string): string {
  return code.replaceAll(DSN, dsn);
}

export function platformOf(id: string | null): Platform {
  return PLATFORMS.find((one) => one.id === id) ?? PLATFORMS.find((one) => id?.startsWith(`${one.id}-`)) ?? OTHER;
}

const jsInit = (from: string, more = "") => `import * as Sentry from "${from}";\n\nSentry.init({\n  dsn: "${DSN}",${more}\n});`;
const pyInit = "import sentry_sdk\n\nsentry_sdk.init(\n    dsn=\"___DSN___\",\n    send_default_pii=True,\n)";

export const PLATFORMS: readonly Platform[] = [
  { id: "python", name: "Python", group: "Server", install: "pip install --upgrade sentry-sdk", configure: pyInit, verify: "division_by_zero = 1 / 0" },
  { id: "python-django", name: "Django", group: "Server", install: "pip install --upgrade 'sentry-sdk[django]'", configure: `# settings.py\n${pyInit}`, verify: "# urls.py\ndef trigger_error(request):\n    division_by_zero = 1 / 0\n\nurlpatterns = [path(\"errata-debug/\", trigger_error)]" },
  { id: "python-flask", name: "Flask", group: "Server", install: "pip install --upgrade 'sentry-sdk[flask]'", configure: `${pyInit}\n\napp = Flask(__name__)`, verify: "@app.route(\"/errata-debug\")\ndef trigger_error():\n    return 1 / 0" },
  { id: "python-fastapi", name: "FastAPI", group: "Server", install: "pip install --upgrade 'sentry-sdk[fastapi]'", configure: `${pyInit}\n\napp = FastAPI()`, verify: "@app.get(\"/errata-debug\")\nasync def trigger_error():\n    return 1 / 0" },
  { id: "node", name: "Node.js", group: "Server", install: "npm install @sentry/node", configure: `// instrument.mjs, loaded first: node --import ./instrument.mjs app.mjs\n${jsInit("@sentry/node", "\n  sendDefaultPii: true,")}`, verify: "setTimeout(() => { throw new Error(\"My first error\"); }, 100);" },
  { id: "node-express", name: "Express", group: "Server", install: "npm install @sentry/node", configure: `// instrument.mjs, loaded first: node --import ./instrument.mjs app.mjs\n${jsInit("@sentry/node")}\n\n// app.mjs, after all routes\nSentry.setupExpressErrorHandler(app);`, verify: "app.get(\"/errata-debug\", () => { throw new Error(\"My first error\"); });" },
  { id: "go", name: "Go", group: "Server", install: "go get github.com/getsentry/sentry-go", configure: `err := sentry.Init(sentry.ClientOptions{\n\tDsn: "${DSN}",\n})\nif err != nil {\n\tlog.Fatalf("sentry.Init: %s", err)\n}\ndefer sentry.Flush(2 * time.Second)`, verify: "sentry.CaptureException(errors.New(\"my first error\"))" },
  { id: "rust", name: "Rust", group: "Server", install: "cargo add sentry", configure: `fn main() {\n    let _guard = sentry::init(("${DSN}", sentry::ClientOptions {\n        release: sentry::release_name!(),\n        ..Default::default()\n    }));\n}`, verify: "panic!(\"my first error\");" },
  { id: "java", name: "Java", group: "Server", install: "// build.gradle\nimplementation 'io.sentry:sentry:8.+'", configure: `import io.sentry.Sentry;\n\nSentry.init(options -> {\n  options.setDsn("${DSN}");\n});`, verify: "try {\n  throw new Exception(\"My first error\");\n} catch (Exception e) {\n  Sentry.captureException(e);\n}" },
  { id: "java-spring-boot", name: "Spring Boot", group: "Server", install: "// build.gradle\nimplementation 'io.sentry:sentry-spring-boot-starter-jakarta:8.+'", configure: `# application.properties\nsentry.dsn=${DSN}\nsentry.send-default-pii=true`, verify: "@GetMapping(\"/errata-debug\")\nString debug() { throw new IllegalStateException(\"My first error\"); }" },
  { id: "dotnet", name: ".NET", group: "Server", install: "dotnet add package Sentry", configure: `SentrySdk.Init(options =>\n{\n    options.Dsn = "${DSN}";\n});`, verify: "SentrySdk.CaptureException(new Exception(\"My first error\"));" },
  { id: "dotnet-aspnetcore", name: "ASP.NET Core", group: "Server", install: "dotnet add package Sentry.AspNetCore", configure: `builder.WebHost.UseSentry(options =>\n{\n    options.Dsn = "${DSN}";\n});`, verify: "app.MapGet(\"/errata-debug\", () => { throw new Exception(\"My first error\"); });" },
  { id: "php", name: "PHP", group: "Server", install: "composer require sentry/sentry", configure: `\\Sentry\\init(['dsn' => '${DSN}']);`, verify: "\\Sentry\\captureException(new Exception('My first error'));" },
  { id: "php-laravel", name: "Laravel", group: "Server", install: "composer require sentry/sentry-laravel", configure: `# .env\nSENTRY_LARAVEL_DSN=${DSN}\n\n// bootstrap/app.php\n->withExceptions(function (Exceptions $exceptions) {\n    \\Sentry\\Laravel\\Integration::handles($exceptions);\n})`, verify: "php artisan sentry:test" },
  { id: "ruby", name: "Ruby", group: "Server", install: "bundle add sentry-ruby", configure: `require "sentry-ruby"\n\nSentry.init do |config|\n  config.dsn = "${DSN}"\nend`, verify: "begin\n  1 / 0\nrescue ZeroDivisionError => e\n  Sentry.capture_exception(e)\nend" },
  { id: "ruby-rails", name: "Rails", group: "Server", install: "bundle add sentry-ruby sentry-rails", configure: `# config/initializers/sentry.rb\nSentry.init do |config|\n  config.dsn = "${DSN}"\n  config.breadcrumbs_logger = [:active_support_logger, :http_logger]\nend`, verify: "Sentry.capture_message(\"my first message\")" },
  { id: "javascript", name: "Browser JavaScript", group: "Browser", install: "npm install @sentry/browser", configure: jsInit("@sentry/browser"), verify: "setTimeout(() => { throw new Error(\"My first error\"); });" },
  { id: "javascript-react", name: "React", group: "Browser", install: "npm install @sentry/react", configure: `// main.tsx, before anything is rendered\n${jsInit("@sentry/react")}\n\ncreateRoot(container, {\n  onUncaughtError: Sentry.reactErrorHandler(),\n  onCaughtError: Sentry.reactErrorHandler(),\n}).render(<App />);`, verify: "<button onClick={() => { throw new Error(\"My first error\"); }}>Break</button>" },
  { id: "javascript-nextjs", name: "Next.js", group: "Browser", install: "npm install @sentry/nextjs", configure: `// instrumentation-client.ts, sentry.server.config.ts and sentry.edge.config.ts\n${jsInit("@sentry/nextjs")}`, verify: "<button onClick={() => { throw new Error(\"My first error\"); }}>Break</button>" },
  { id: "javascript-vue", name: "Vue", group: "Browser", install: "npm install @sentry/vue", configure: `import * as Sentry from "@sentry/vue";\n\nSentry.init({\n  app,\n  dsn: "${DSN}",\n});`, verify: "<button @click=\"() => { throw new Error('My first error'); }\">Break</button>" },
  { id: "android", name: "Android", group: "Mobile and desktop", install: "// app/build.gradle.kts\nplugins {\n  id(\"io.sentry.android.gradle\") version \"5.+\"\n}", configure: `<!-- AndroidManifest.xml -->\n<application>\n  <meta-data android:name="io.sentry.dsn" android:value="${DSN}" />\n</application>`, verify: "throw RuntimeException(\"My first error\")" },
  { id: "apple-ios", name: "iOS", group: "Mobile and desktop", install: "# Xcode: File, Add Package Dependencies\nhttps://github.com/getsentry/sentry-cocoa.git", configure: `import Sentry\n\nSentrySDK.start { options in\n    options.dsn = "${DSN}"\n}`, verify: "SentrySDK.capture(error: NSError(domain: \"My first error\", code: 1))" },
  { id: "flutter", name: "Flutter", group: "Mobile and desktop", install: "flutter pub add sentry_flutter", configure: `await SentryFlutter.init(\n  (options) => options.dsn = '${DSN}',\n  appRunner: () => runApp(const MyApp()),\n);`, verify: "throw StateError('My first error');" },
  { id: "native", name: "C and C++", group: "Mobile and desktop", install: "# https://github.com/getsentry/sentry-native\ncmake -B build && cmake --build build", configure: `sentry_options_t *options = sentry_options_new();\nsentry_options_set_dsn(options, "${DSN}");\nsentry_init(options);`, verify: "sentry_capture_event(sentry_value_new_message_event(SENTRY_LEVEL_ERROR, \"custom\", \"My first error\"));" },
];

const OTHER: Platform = {
  id: "other", name: "Another platform", group: "Server",
  install: "# Any SDK that speaks the Sentry protocol works unchanged.",
  configure: `# The DSN is all that an SDK needs:\nSENTRY_DSN=${DSN}`,
  verify: `errata send-event "${DSN}" --message "My first error"`,
};
