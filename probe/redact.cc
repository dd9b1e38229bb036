#include "probe/redact.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <re2/re2.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "base/file.h"
#include "base/random.h"
#include "probe/crypto.h"

namespace forewarn {
namespace {

constexpr size_t kKeyMin = 32;
constexpr size_t kTextMax = 64 << 10;
constexpr size_t kPseudonymDigits = 12;

// In this order; what an earlier one replaced is not looked at again.
const RedactionRule kStandardRules[] = {
    {"key",
     R"re((-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:(?s).*?-----END [A-Z0-9 ]*PRIVATE KEY-----|(?s).*)))re"},
    // user:secret@ in a URL
    {"password", R"re([a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@"']*:([^\s/"']+)@)re"},
    {"authorization",
     R"re((?i)\b(?:authorization|proxy-authorization)["']?\s*[:=]\s*["']?(?:(?:basic|bearer|digest|token|negotiate|apikey|aws4-hmac-sha256)\s+)?([^\s"',;]+(?:,?\s*[a-z_]+=[^\s"',;]+)*))re"},
    {"token", R"re((?i)\bbearer\s+([a-z0-9._~+/=-]+))re"},
    {"cookie", R"re((?i)\b(?:set-)?cookie["']?\s*[:=]\s*["']?([^\r\n"']+))re"},
    // name = value, in all the ways in which people write it; quoted values may hold blanks
    {"password",
     R"re((?i)(?:passw(?:or)?d|passphrase|passwd|pwd|passcode|pin[_-]?code)["']?\]?\s*(?:=>|:=|==?|:|\s+(?:is|was)\s+)\s*\\?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"',;&)\]}<>]+)))re"},
    {"secret",
     R"re((?i)(?:secret|token|api[_-]?key|apikey|access[_-]?key|auth[_-]?key|private[_-]?key|client[_-]?secret|credentials?|session[_-]?id|sessionid|signature|sig|auth)[a-z0-9_-]*["']?\]?\s*(?:=>|:=|==?|:)\s*\\?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"',;&)\]}<>]+)))re"},
    // --password secret, -p secret
    {"password",
     R"re((?i)--?(?:password|passwd|pass|token|secret|api-key)\s+["']?([^\s"'-][^\s"']*))re"},
    // SQL: IDENTIFIED BY 'secret', PASSWORD 'secret'
    {"password", R"re((?i)\b(?:identified\s+by|password)\s+'([^']*)')re"},
    // tokens that show what they are
    {"token", R"re(\b(eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?))re"},
    {"token",
     R"re(\b((?:gh[pousr]|glpat|xox[abeoprs]|sk|pk|rk|whsec|shpat|npm|dop_v1|hf|AIza|ya29|SG|fw1)[-_.][A-Za-z0-9._-]{12,}))re"},
    {"token", R"re(\b(AIza[A-Za-z0-9_-]{20,}))re"},
    {"key", R"re(\b((?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}))re"},
    {"email", R"re(([A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}))re"},
    {"iban", R"re(\b([A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?)\b)re"},
};

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordByte(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/' ||
         c == '=' || c == '_' || c == '-';
}

// 13 to 19 digits, blanks or hyphens between them, whose check digit is right.
bool IsCardNumber(std::string_view text) {
  int sum = 0;
  int digits = 0;
  for (size_t i = text.size(); i-- > 0;) {
    if (!IsDigit(text[i])) continue;
    int digit = text[i] - '0';
    if (digits % 2 == 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
    ++digits;
  }
  return digits >= 13 && digits <= 19 && sum % 10 == 0;
}

// A run that no person would write: long, of mixed classes, not a path or a name of words. UUIDs
// are names of things, not secrets, and stay.
bool LooksRandom(std::string_view run) {
  if (run.size() < 20) return false;
  size_t digits = 0, lower = 0, upper = 0, others = 0, hex = 0, changes = 0, longest_word = 0,
         word = 0;
  auto kind = [](char c) {
    return IsDigit(c) ? 0 : c >= 'a' && c <= 'z' ? 1 : c >= 'A' && c <= 'Z' ? 2 : 3;
  };
  for (size_t i = 0; i < run.size(); ++i) {
    char c = run[i];
    int k = kind(c);
    ++(k == 0 ? digits : k == 1 ? lower : k == 2 ? upper : others);
    if (IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) ++hex;
    if (i > 0 && k != kind(run[i - 1])) ++changes;
    word = k == 1 || k == 2 ? word + 1 : 0;
    longest_word = std::max(longest_word, word);
  }
  bool is_uuid = run.size() == 36 && others == 4 && hex == 32 && run[8] == '-' && run[13] == '-' &&
                 run[18] == '-' && run[23] == '-';
  if (is_uuid) return false;
  // Hexadecimal of 32 digits or more: a key or a hash of something.
  if (hex == run.size() && run.size() >= 32 && digits > 0 && lower + upper > 0) return true;
  if (digits == run.size()) return false;  // a long number; cards are looked for elsewhere
  size_t classes = (digits > 0) + (lower > 0) + (upper > 0);
  // base64 changes its class of letter at about every second byte; words and CamelCase do not.
  return classes >= 2 && changes * 4 >= run.size() && (classes == 3 || changes * 3 >= run.size()) &&
         longest_word * 3 < run.size() * 2;
}

// The end of the pseudonym that has a byte in [from, end) of `text`, or 0 when none has.
size_t PseudonymOver(std::string_view text, size_t from, size_t end) {
  for (size_t open = text.find('<'); open != std::string_view::npos && open < end;
       open = text.find('<', open + 1)) {
    size_t colon = open + 1;
    while (colon < text.size() && (IsWordByte(text[colon]))) ++colon;
    if (colon == open + 1 || colon + 1 + kPseudonymDigits >= text.size() || text[colon] != ':')
      continue;
    std::string_view digits = text.substr(colon + 1, kPseudonymDigits);
    size_t close = colon + 1 + kPseudonymDigits;
    if (digits.find_first_not_of("0123456789abcdef") != std::string_view::npos ||
        text[close] != '>')
      continue;
    if (close + 1 > from) return close + 1;
  }
  return 0;
}

}  // namespace

struct Redactor::Net {
  struct Compiled {
    std::string name;
    std::unique_ptr<re2::RE2> pattern;
  };
  RedactionOptions options;
  std::vector<Compiled> rules;
  re2::RE2 cards{R"re(\b([0-9](?:[ -]?[0-9]){12,18})\b)re"};

  std::string Pseudonym(std::string_view kind, std::string_view secret) const {
    std::string digest = HmacSha256(options.key, secret);
    std::string hex;
    for (size_t i = 0; i < kPseudonymDigits / 2; ++i)
      hex += fmt::format("{:02x}", static_cast<uint8_t>(digest[i]));
    return fmt::format("<{}:{}>", kind, hex);
  }

  // Replaces what `pattern` finds in the pieces of `text` that are not pseudonyms yet.
  template <typename Wanted>
  std::string Replace(const std::string& text, const re2::RE2& pattern, std::string_view kind,
                      Wanted&& wanted) const {
    int groups = std::min(pattern.NumberOfCapturingGroups(), 8);
    re2::StringPiece found[9];
    std::string out;
    size_t at = 0;
    while (at <= text.size() &&
           pattern.Match(Piece(text), at, text.size(), re2::RE2::UNANCHORED, found, groups + 1)) {
      re2::StringPiece secret = found[0];
      for (int g = 1; g <= groups; ++g) {
        if (found[g].data() != nullptr) {
          secret = found[g];
          break;
        }
      }
      size_t from = static_cast<size_t>(secret.data() - text.data());
      size_t end = from + secret.size();
      std::string_view what(secret.data(), secret.size());
      size_t pseudonym_end = PseudonymOver(text, from, end);
      if (secret.empty() || pseudonym_end > 0 || !wanted(what)) {
        size_t found_end = static_cast<size_t>(found[0].data() - text.data()) + found[0].size();
        size_t next =
            std::min(text.size(), std::max(pseudonym_end > 0 ? pseudonym_end : found_end, at + 1));
        out.append(text, at, next - at);
        if (next == at) break;
        at = next;
        continue;
      }
      out.append(text, at, from - at);
      out += Pseudonym(kind, what);
      at = end;
    }
    if (at < text.size()) out.append(text, at, std::string::npos);
    return out;
  }

  std::string ReplaceRandomRuns(const std::string& text) const {
    std::string out;
    size_t at = 0;
    while (at < text.size()) {
      size_t end = at;
      while (end < text.size() && IsWordByte(text[end])) ++end;
      if (end == at) {
        out.push_back(text[at++]);
        continue;
      }
      std::string_view run(text.data() + at, end - at);
      // A path is judged by its parts, base64 with a slash in it as a whole.
      if (LooksRandom(run)) {
        out += Pseudonym("random", run);
      } else {
        out += ReplaceParts(run);
      }
      at = end;
    }
    return out;
  }
  std::string ReplaceParts(std::string_view run) const {
    std::string out;
    while (!run.empty()) {
      size_t cut = run.find_first_of("/=");
      std::string_view part = run.substr(0, cut);
      out += LooksRandom(part) ? Pseudonym("random", part) : std::string(part);
      if (cut == std::string_view::npos) break;
      out.push_back(run[cut]);
      run.remove_prefix(cut + 1);
    }
    return out;
  }
};

Redactor::Redactor() : net_(std::make_unique<Net>()) {}
Redactor::~Redactor() = default;

StatusOr<std::unique_ptr<Redactor>> Redactor::Make(RedactionOptions options) {
  if (options.key.size() < kKeyMin) {
    return InvalidArgument(
        fmt::format("the key of the pseudonyms is shorter than {} bytes", kKeyMin));
  }
  std::unique_ptr<Redactor> redactor(new Redactor());
  Net& net = *redactor->net_;
  auto add = [&](const RedactionRule& rule) -> Status {
    re2::RE2::Options quiet(re2::RE2::Quiet);
    quiet.set_encoding(re2::RE2::Options::EncodingUTF8);
    auto pattern = std::make_unique<re2::RE2>(rule.pattern, quiet);
    if (!pattern->ok()) {
      return InvalidArgument(fmt::format("redaction '{}': {}", rule.name, pattern->error()));
    }
    net.rules.push_back({rule.name, std::move(pattern)});
    return OkStatus();
  };
  for (const RedactionRule& rule : options.rules) FW_RETURN_IF_ERROR(add(rule));
  if (options.standard) {
    for (const RedactionRule& rule : kStandardRules) FW_RETURN_IF_ERROR(add(rule));
  }
  net.options = std::move(options);
  return redactor;
}

std::string Redactor::Redact(std::string_view input) const {
  std::string text = ValidUtf8(input.substr(0, kTextMax));
  for (const Net::Compiled& rule : net_->rules) {
    text = net_->Replace(text, *rule.pattern, rule.name, [](std::string_view) { return true; });
  }
  if (!net_->options.standard) return text;
  text = net_->Replace(text, net_->cards, "card", IsCardNumber);
  return net_->ReplaceRandomRuns(text);
}

uint64_t Redactor::Apply(std::vector<Reading>& samples, Reports& reports) const {
  const RedactionOptions& options = net_->options;
  uint64_t kept = 0;
  std::vector<std::string_view> parts;
  kept += std::erase_if(samples, [&](const Reading& reading) {
    if (!SplitSeriesName(reading.series, parts)) return true;
    for (size_t i = 0; i < parts.size(); i += 2) {
      if (parts[i] == kMetricName) return !options.series.Admits(parts[i + 1]);
    }
    return true;
  });
  kept += std::erase_if(reports.facts,
                        [&](const Fact& fact) { return !options.facts.Admits(fact.name); });
  kept += std::erase_if(reports.changes,
                        [&](const Change& change) { return !options.facts.Admits(change.name); });
  for (Event& event : reports.events) {
    event.message = options.messages ? Redact(event.message) : "";
    event.template_text = Redact(event.template_text);
    event.code = Redact(event.code);
    for (auto& [name, value] : event.attributes) value = Redact(value);
  }
  for (Check& check : reports.checks) check.message = Redact(check.message);
  for (Fact& fact : reports.facts) fact.value = Redact(fact.value);
  for (Change& change : reports.changes) {
    change.before = Redact(change.before);
    change.after = Redact(change.after);
  }
  return kept;
}

StatusOr<std::string> LoadOrMakeKey(const std::string& path) {
  if (!FileExists(path)) {
    FW_RETURN_IF_ERROR(WriteFileAtomically(path, RandomHex(32) + "\n", 0600));
  }
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    return PermissionDenied(fmt::format("{}: {}", path, std::system_category().message(errno)));
  }
  if ((info.st_mode & 077) != 0) {
    return FailedPrecondition(fmt::format("{}: others may read this key; chmod 600 it", path));
  }
  FW_ASSIGN_OR_RETURN(std::string key, ReadFile(path, 4096));
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' '))
    key.pop_back();
  if (key.size() < kKeyMin) {
    return FailedPrecondition(fmt::format(
        "{}: the key is shorter than {} characters; remove the file to have a new one made", path,
        kKeyMin));
  }
  return key;
}

}  // namespace forewarn
