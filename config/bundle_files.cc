#include "config/bundle_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/file.h"
#include "base/fingerprint.h"
#include "config/customer_retention.h"
#include "config/schema.h"
#include "config/schema_manual.h"
#include "model/matcher.h"

namespace forewarn {
namespace {

constexpr size_t kMaxFiles = 10'000;
constexpr size_t kMaxFile = 4 << 20;
constexpr size_t kMaxFolders = 16;  // nested

// Languages that the notifier's catalogue has texts in.
ValueKind<std::string> LocaleKind() { return ChoiceKind({"en", "zh"}); }

ValueKind<std::string> MatcherKind() {
  ValueKind<std::string> kind = TextKind();
  kind.type = "a matcher such as 'instance=~\"web.*\"'";
  kind.parse = [parse = kind.parse](const YamlNode& node) -> StatusOr<std::string> {
    FW_ASSIGN_OR_RETURN(std::string text, parse(node));
    StatusOr<Matcher> matcher = ParseMatcher(text);
    if (matcher.ok()) return text;
    return InvalidArgument(fmt::format("must be a matcher such as instance=~\"web.*\", not {}: {}",
                                       node.Describe(), matcher.status().message()));
  };
  return kind;
}

Setting<Customer> LabelsSetting() {
  Setting<Customer> setting;
  setting.name = "labels";
  setting.read = [](const YamlNode& node, Customer& out, FileMistakes& mistakes) {
    if (!node.is_map()) {
      mistakes.Add(node, "'labels' must be names and values, not " + node.Describe());
      return;
    }
    ValueKind<std::string> text = TextKind();
    for (const YamlMember& member : node.members) {
      StatusOr<std::string> value = text.parse(member.value);
      if (!IsLabelName(member.key) || member.key.starts_with("__")) {
        mistakes.Add(member.line, member.column,
                     fmt::format("'{}' is not a label's name; use letters, digits and underscores",
                                 member.key));
      } else if (!value.ok()) {
        mistakes.Add(member.value, fmt::format("'{}' {}", member.key, value.status().message()));
      } else {
        out.labels.Set(member.key, *value);
      }
    }
  };
  setting.describe = [](const Customer&) {
    SettingDoc doc;
    doc.name = "labels";
    doc.type = "names and values";
    doc.help = "Plan, product and whatever else rules select customers by.";
    return doc;
  };
  return setting;
}

const Schema<Person>& PersonSchema() {
  static const Schema<Person> schema = {
      Text("name", &Person::name, TextKind(), "Name or role."),
      Required(Text("email", &Person::email, EmailKind(), "Address."), "operations@example.com"),
  };
  return schema;
}

const Schema<Customer>& CustomerSchema() {
  static const Schema<Customer> schema = {
      Required(Text("id", &Customer::id, SlugKind(), "Id; never changes."), "acme"),
      Required(Text("name", &Customer::name, TextKind(), "Name as people write it."), "Acme"),
      Text("locale", &Customer::locale, LocaleKind(), "Language of its warnings."),
      Text("timezone", &Customer::timezone, TimezoneKind(), "Zone of the times in its warnings."),
      ListOf("contacts", &Customer::contacts, PersonSchema(), 64, "Who is warned."),
      Text("owner", &Customer::owner, TextKind(),
           "The engineer named in messages to this customer."),
      Text("owner_email", &Customer::owner_email, EmailKind(), "That engineer's address."),
      LabelsSetting(),
      Section("retention", &Customer::retention, CustomerRetentionSchema(),
              "How long its data are kept. What is not given is as the collector's settings "
              "(`retention`) say."),
  };
  return schema;
}

const Schema<Receiver>& ReceiverSchema() {
  static const Schema<Receiver> schema =
      Schema<Receiver>{
          Required(Text("id", &Receiver::id, SlugKind(), "Id; unique."), "on-call"),
          Required(Enumeration(
                       "kind", &Receiver::kind,
                       {{"email", Receiver::Kind::kEmail}, {"webhook", Receiver::Kind::kWebhook}},
                       "How messages are sent."),
                   "email"),
          ListOf("to", &Receiver::to, EmailKind(), 64,
                 "email: addresses. Not set: the customer's contacts."),
          Text("url", &Receiver::url, UrlKind(), "webhook: where messages are posted."),
          Path("secret_file", &Receiver::secret_file,
               "webhook: file on the collector with the signing key."),
      }
          .Also([](const Receiver& receiver, const YamlNode& node, FileMistakes& mistakes) {
            bool webhook = receiver.kind == Receiver::Kind::kWebhook;
            if (webhook && receiver.url.empty()) mistakes.Add(node, "a webhook needs a 'url'");
            for (const char* key : {"url", "secret_file", "to"}) {
              const YamlNode* value = node.Find(key);
              bool for_webhook = std::string_view(key) != "to";
              if (value != nullptr && for_webhook != webhook) {
                mistakes.Add(*value, fmt::format("'{}' is for receivers of kind {}", key,
                                                 for_webhook ? "webhook" : "email"));
              }
            }
          });
  return schema;
}

const Schema<Route>& RouteSchema() {
  static const Schema<Route> schema = {
      Enumeration("audience", &Route::audience,
                  {{"support", Audience::kSupport}, {"customer", Audience::kCustomer}},
                  "Whose notices: the support team's, or warnings for the customer."),
      ListOf("matchers", &Route::matchers, MatcherKind(), 64,
             "On the alert's labels; all must hold. None: all alerts."),
      Required(ListOf("receivers", &Route::receivers, SlugKind(), 64, "Ids of receivers."),
               "[on-call]"),
      Enumeration("severity_min", &Route::severity_min,
                  {{"info", Severity::kInfo},
                   {"warning", Severity::kWarning},
                   {"error", Severity::kError},
                   {"critical", Severity::kCritical}},
                  "The least severe tickets it takes."),
  };
  return schema;
}

const Schema<ContactPolicy>& ContactSchema() {
  static const Schema<ContactPolicy> schema =
      Schema<ContactPolicy>{
          DurationSetting("late_after", &ContactPolicy::late_after, 1s, 24h,
                          "Silence after which a probe is late."),
          DurationSetting("lost_after", &ContactPolicy::lost_after, 2s, 7 * 24h,
                          "Silence after which it is lost."),
      }
          .Also([](const ContactPolicy& contact, const YamlNode& node, FileMistakes& mistakes) {
            if (contact.late_after >= contact.lost_after) {
              mistakes.Add(node, "'late_after' must be below 'lost_after'");
            }
          });
  return schema;
}

// Each file of a list holds one key, the list's name, so that a file says by itself what it is.
const Schema<Bundle>& CustomersFile() {
  static const Schema<Bundle> schema = {Required(
      ListOf("customers", &Bundle::customers, CustomerSchema(), 100'000, "The customers."), "[]")};
  return schema;
}
const Schema<Bundle>& ReceiversFile() {
  static const Schema<Bundle> schema = {Required(
      ListOf("receivers", &Bundle::receivers, ReceiverSchema(), 10'000, "The receivers."), "[]")};
  return schema;
}
const Schema<Bundle>& RoutesFile() {
  static const Schema<Bundle> schema = {
      Required(ListOf("routes", &Bundle::routes, RouteSchema(), 10'000, "The routes."), "[]")};
  return schema;
}
const Schema<Bundle>& ContactFile() {
  static const Schema<Bundle> schema = {
      Required(Section("contact", &Bundle::contact, ContactSchema(),
                       "When a silent probe is late, and when lost."),
               "{}")};
  return schema;
}

bool IsRuleFile(std::string_view path) {
  return path.starts_with("rules/") && (path.ends_with(".yaml") || path.ends_with(".yml"));
}

// Relative, with `/`, and staying inside the folder.
bool IsBundlePath(std::string_view path) {
  if (path.empty() || path.size() > 1024 || path.front() == '/') return false;
  while (true) {
    size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    for (char c : part) {
      if (static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == '\\') return false;
    }
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

template <typename T>
void CheckIdsAreUnique(const std::vector<T>& values, const YamlNode* list, FileMistakes& mistakes) {
  std::map<std::string, int> lines;
  for (size_t i = 0; list != nullptr && i < std::min(values.size(), list->items.size()); ++i) {
    const YamlNode* id = list->items[i].Find("id");
    if (id == nullptr || values[i].id.empty()) continue;
    auto [earlier, is_new] = lines.emplace(values[i].id, id->line);
    if (is_new) continue;
    mistakes.Add(*id, fmt::format("the id '{}' is given twice; the first is in line {}",
                                  values[i].id, earlier->second));
  }
}

void CheckRoutesLeadSomewhere(const Bundle& bundle, const YamlNode* list, FileMistakes& mistakes) {
  std::vector<std::string> known;
  for (const Receiver& receiver : bundle.receivers) known.push_back(receiver.id);
  for (size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    const YamlNode* receivers = list->items[i].Find("receivers");
    if (receivers == nullptr || !receivers->is_list()) continue;
    if (receivers->items.empty()) mistakes.Add(*receivers, "a route needs at least one receiver");
    for (const YamlNode& id : receivers->items) {
      if (!id.is_scalar() || bundle.FindReceiver(id.text) != nullptr) continue;
      mistakes.Add(id, fmt::format("there is no receiver {} in receivers.yaml{}", id.Describe(),
                                   DidYouMean(id.text, known)));
    }
  }
}

// What the four files of fixed names hold, while they are read.
class BundleReader {
 public:
  BundleReader(Bundle& bundle, std::vector<Mistake>& mistakes)
      : bundle_(bundle), mistakes_(mistakes) {}

  void Take(const BundleFile& file) {
    if (!IsBundlePath(file.path)) {
      Add(file.path, "not a path inside a bundle; use names below its folder, with '/'");
    } else if (file.path == "customers.yaml") {
      Read(file, CustomersFile());
    } else if (file.path == "receivers.yaml") {
      Read(file, ReceiversFile());
    } else if (file.path == "routes.yaml") {
      Read(file, RoutesFile());
    } else if (file.path == "contact.yaml") {
      Read(file, ContactFile());
    } else if (IsRuleFile(file.path)) {
      if (file.text.size() > kMaxFile)
        Add(file.path, fmt::format("larger than {} bytes", kMaxFile));
      bundle_.rule_files.push_back(file);
    } else {
      Add(file.path,
          "no file of a bundle has this name; known are customers.yaml, receivers.yaml, "
          "routes.yaml, contact.yaml and "
          "rules/*.yaml; a bundle is the folder in which `rules` lies");
    }
  }

  void CheckTogether() {
    FileMistakes customers("customers.yaml", mistakes_);
    CheckIdsAreUnique(bundle_.customers, List("customers"), customers);
    FileMistakes receivers("receivers.yaml", mistakes_);
    CheckIdsAreUnique(bundle_.receivers, List("receivers"), receivers);
    FileMistakes routes("routes.yaml", mistakes_);
    CheckRoutesLeadSomewhere(bundle_, List("routes"), routes);
  }

 private:
  void Add(const std::string& path, std::string text) {
    mistakes_.push_back({path, 0, 0, std::move(text)});
  }

  void Read(const BundleFile& file, const Schema<Bundle>& schema) {
    size_t before = mistakes_.size();
    YamlNode root = ParseYaml(file.path, file.text, mistakes_, kMaxFile);
    FileMistakes mistakes(file.path, mistakes_);
    if (root.is_null() && mistakes_.size() == before) {
      mistakes.Add(root, "the file is empty; leave it out of the bundle");
    } else if (!root.is_null()) {
      schema.Read(root, bundle_, mistakes);
    }
    roots_[file.path] = std::move(root);
  }

  // The list under `key` of the file of that name, or null.
  const YamlNode* List(const std::string& key) const {
    auto root = roots_.find(key + ".yaml");
    const YamlNode* list = root == roots_.end() ? nullptr : root->second.Find(key);
    return list != nullptr && list->is_list() ? list : nullptr;
  }

  Bundle& bundle_;
  std::vector<Mistake>& mistakes_;
  std::map<std::string, YamlNode> roots_;
};

Status ListFiles(const std::string& dir, const std::string& below, size_t depth,
                 std::vector<BundleFile>& files) {
  if (depth > kMaxFolders) {
    return InvalidArgument(
        fmt::format("{}/{}: folders nested more than {} deep", dir, below, kMaxFolders));
  }
  FW_ASSIGN_OR_RETURN(std::vector<std::string> names,
                      ListDir(below.empty() ? dir : dir + "/" + below));
  for (const std::string& name : names) {
    if (name.starts_with('.')) continue;
    std::string path = below.empty() ? name : below + "/" + name;
    std::string full = dir + "/" + path;
    struct stat found {};
    if (stat(full.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) {
      FW_RETURN_IF_ERROR(ListFiles(dir, path, depth + 1, files));
      continue;
    }
    if (!S_ISREG(found.st_mode))
      return InvalidArgument(full + ": not a regular file; a bundle is made of files and folders");
    if (files.size() >= kMaxFiles)
      return InvalidArgument(fmt::format("{}: more than {} files", dir, kMaxFiles));
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(full, kMaxFile));
    files.push_back({path, std::move(text)});
  }
  return OkStatus();
}

}  // namespace

StatusOr<Bundle> ParseBundle(std::vector<BundleFile> files) {
  std::sort(files.begin(), files.end());
  std::vector<Mistake> mistakes;
  Bundle bundle;
  BundleReader reader(bundle, mistakes);
  Fingerprint id;
  for (size_t i = 0; i < files.size(); ++i) {
    id = id.Add(files[i].path).Add(files[i].text);
    if (i > 0 && files[i].path == files[i - 1].path) {
      mistakes.push_back({files[i].path, 0, 0, "the path is given twice"});
    } else {
      reader.Take(files[i]);
    }
  }
  reader.CheckTogether();
  FW_RETURN_IF_ERROR(MistakesToStatus(std::move(mistakes)));
  bundle.id = id.ToString();
  bundle.files = std::move(files);
  return bundle;
}

std::string BundleManual() {
  std::vector<SettingDoc> all;
  for (const Schema<Bundle>* file :
       {&CustomersFile(), &ReceiversFile(), &RoutesFile(), &ContactFile()}) {
    for (SettingDoc& doc : file->Describe()) {
      doc.help += fmt::format(" In `{}.yaml`.", doc.name);
      all.push_back(std::move(doc));
    }
  }
  return PrintManual("Files of a bundle",
                     "What `forewarnctl apply -f DIR` takes: customers, receivers, routes and "
                     "rules, checked and applied as "
                     "a whole. Each file may be missing. Below `rules/` lie Prometheus rule files "
                     "(`*.yaml` or `*.yml`).",
                     kReprintReference, all);
}

StatusOr<std::vector<BundleFile>> ReadBundleDir(const std::string& dir) {
  std::vector<BundleFile> files;
  FW_RETURN_IF_ERROR(ListFiles(dir, "", 0, files));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace forewarn
