#include "config/schema_value.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/file.h"
#include "base/units.h"
#include "model/ids.h"
#include "model/matcher.h"

namespace forewarn {
namespace {

constexpr size_t kMaxText = 4096;

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Status Must(std::string_view be, const YamlNode& node) {
  return InvalidArgument(fmt::format("must be {}, not {}", be, node.Describe()));
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Labels of letters, digits and inner dashes (and underscores, which some intranets have),
// separated by dots.
bool IsDnsName(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  while (true) {
    size_t dot = name.find('.');
    std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return IsAlnum(c) || c == '-' || c == '_'; })) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool IsIpAddress(std::string_view text) {
  unsigned char buffer[16];
  std::string address(text);
  return inet_pton(AF_INET, address.c_str(), buffer) == 1 ||
         inet_pton(AF_INET6, address.c_str(), buffer) == 1;
}

bool IsHost(std::string_view text) { return IsDnsName(text) || IsIpAddress(text); }

// `host:port` or `[v6]:port`; the port may be left out when `port_required` is false.
bool IsHostPort(std::string_view text, bool port_required, int64_t port_min) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    if (host.find(':') == std::string_view::npos || !IsIpAddress(host)) return false;
    port = text.substr(close + 1);
    if (port.empty()) return !port_required;
    if (port[0] != ':') return false;
    port.remove_prefix(1);
  } else {
    size_t colon = text.find(':');
    host = text.substr(0, colon);
    if (!IsHost(host)) return false;
    if (colon == std::string_view::npos) return !port_required;
    port = text.substr(colon + 1);
  }
  std::optional<int64_t> number = ParseInteger(port);
  return number && *number >= port_min && *number <= 65535;
}

bool IsUrl(std::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f || c == '"' ||
        c == '\\') {
      return false;
    }
  }
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    std::string_view rest = text.substr(scheme.size());
    return IsHostPort(rest.substr(0, rest.find_first_of("/?#")), false, 1);
  }
  return false;
}

// The addresses that people have: RFC 5321's dot-atoms. Quoted local parts are refused.
bool IsEmail(std::string_view text) {
  size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64) return false;
  std::string_view local = text.substr(0, at);
  constexpr std::string_view kAlso = "!#$%&'*+-/=?^_`{|}~.";
  bool dots =
      local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos;
  return !dots && IsDnsName(text.substr(at + 1)) &&
         std::all_of(local.begin(), local.end(),
                     [&](char c) { return IsAlnum(c) || kAlso.find(c) != std::string_view::npos; });
}

bool IsTimezone(std::string_view zone) {
  if (zone == "UTC") return true;
  bool plain = std::all_of(zone.begin(), zone.end(), [](char c) {
    return IsAlnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
  });
  if (!plain || zone.empty() || zone.front() == '/') return false;
  // Every zone's file begins with these four letters; the folder holds other files too.
  StatusOr<std::string> file = ReadFile("/usr/share/zoneinfo/" + std::string(zone), 1 << 20);
  return file.ok() && file->starts_with("TZif");
}

template <typename V>
StatusOr<V> InBounds(V value, V min, V max, const YamlNode& node, const std::string& from,
                     const std::string& to) {
  if (value >= min && value <= max) return value;
  return Must(fmt::format("from {} to {}", from, to), node);
}

}  // namespace

ValueKind<int64_t> IntegerKind(int64_t min, int64_t max) {
  ValueKind<int64_t> kind;
  kind.type = fmt::format("integer, {} to {}", min, max);
  kind.parse = [=](const YamlNode& node) -> StatusOr<int64_t> {
    std::optional<int64_t> value =
        node.is_scalar() && !node.quoted ? ParseInteger(node.text) : std::nullopt;
    if (!value) return Must("a whole number without leading zeros, quotes or units", node);
    return InBounds(*value, min, max, node, std::to_string(min), std::to_string(max));
  };
  kind.print = [](int64_t value) { return std::to_string(value); };
  return kind;
}

ValueKind<bool> FlagKind() {
  ValueKind<bool> kind;
  kind.type = "true or false";
  kind.parse = [](const YamlNode& node) -> StatusOr<bool> {
    if (node.is_scalar() && !node.quoted && node.text == "true") return true;
    if (node.is_scalar() && !node.quoted && node.text == "false") return false;
    return Must("true or false", node);
  };
  kind.print = [](bool value) { return std::string(value ? "true" : "false"); };
  return kind;
}

ValueKind<Duration> DurationKind(Duration min, Duration max) {
  ValueKind<Duration> kind;
  std::string from = FormatDuration(min);
  std::string to = FormatDuration(max);
  kind.type = fmt::format("duration, {} to {}", from, to);
  kind.parse = [=](const YamlNode& node) -> StatusOr<Duration> {
    if (!node.is_scalar()) return Must("a duration such as 1h30m or 250ms", node);
    StatusOr<Duration> value = ParseDuration(node.text);
    if (!value.ok())
      return Must("a duration with units, largest first, such as 1h30m or 250ms", node);
    return InBounds(*value, min, max, node, from, to);
  };
  kind.print = [](Duration value) { return FormatDuration(value); };
  return kind;
}

ValueKind<int64_t> SizeKind(int64_t min, int64_t max) {
  ValueKind<int64_t> kind;
  std::string from = FormatSize(min);
  std::string to = FormatSize(max);
  kind.type = fmt::format("size, {} to {}", from, to);
  kind.parse = [=](const YamlNode& node) -> StatusOr<int64_t> {
    if (!node.is_scalar()) return Must("a size such as 64MiB or 512B", node);
    StatusOr<int64_t> value = ParseSize(node.text);
    if (!value.ok()) return Must("a size with a unit, such as 64MiB, 4KiB or 512B", node);
    return InBounds(*value, min, max, node, from, to);
  };
  kind.print = [](int64_t value) { return FormatSize(value); };
  return kind;
}

ValueKind<std::string> TextKind(std::string type, std::function<bool(std::string_view)> check) {
  ValueKind<std::string> kind;
  kind.type = type;
  kind.parse = [type, check](const YamlNode& node) -> StatusOr<std::string> {
    if (!node.is_scalar()) return Must(type, node);
    if (node.text.empty()) return InvalidArgument("is empty; leave the key out or give it a value");
    if (node.text.size() > kMaxText)
      return InvalidArgument(fmt::format("is longer than {} bytes", kMaxText));
    if (node.text.find('\n') != std::string::npos) return InvalidArgument("must be one line");
    if (!check(node.text)) return Must(type, node);
    return node.text;
  };
  kind.print = [](const std::string& text) { return text.empty() ? "" : YamlText(text); };
  return kind;
}

ValueKind<std::string> TextKind() {
  return TextKind("text", [](std::string_view) { return true; });
}

ValueKind<std::string> PathKind() {
  return TextKind("an absolute path", [](std::string_view text) { return text.starts_with('/'); });
}

ValueKind<std::string> ChoiceKind(std::vector<std::string> choices) {
  std::string type;
  for (size_t i = 0; i < choices.size(); ++i) {
    type += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i];
  }
  ValueKind<std::string> kind = TextKind(type, [choices](std::string_view text) {
    return std::find(choices.begin(), choices.end(), text) != choices.end();
  });
  kind.parse = [choices, parse = kind.parse](const YamlNode& node) -> StatusOr<std::string> {
    StatusOr<std::string> value = parse(node);
    if (value.ok() || !node.is_scalar()) return value;
    return InvalidArgument(value.status().message() + DidYouMean(node.text, choices));
  };
  return kind;
}

ValueKind<std::string> HostPortKind(bool zero_port_allowed) {
  return TextKind(zero_port_allowed ? "host:port, where port 0 is any free one" : "host:port",
                  [zero_port_allowed](std::string_view text) {
                    return IsHostPort(text, true, zero_port_allowed ? 0 : 1);
                  });
}

ValueKind<std::string> HostKind() { return TextKind("a DNS name or an IP address", IsHost); }

ValueKind<std::string> SlugKind() {
  return TextKind("a name of 1 to 63 lower-case letters, digits and dashes", IsSlug);
}

ValueKind<std::string> RegexKind() {
  ValueKind<std::string> kind =
      TextKind("a regular expression (RE2)", [](std::string_view) { return true; });
  kind.parse = [parse = kind.parse](const YamlNode& node) -> StatusOr<std::string> {
    FW_ASSIGN_OR_RETURN(std::string pattern, parse(node));
    StatusOr<Matcher> matcher = Matcher::Make(Matcher::Kind::kRegex, "", pattern);
    if (!matcher.ok()) return InvalidArgument("cannot be used: " + matcher.status().message());
    return pattern;
  };
  return kind;
}

ValueKind<std::string> UrlKind() {
  return TextKind("an http or https URL without credentials, such as https://example.com/hook",
                  IsUrl);
}

ValueKind<std::string> EmailKind() {
  return TextKind("an e-mail address such as someone@example.com", IsEmail);
}

ValueKind<std::string> TimezoneKind() {
  return TextKind("a time zone of this machine's zoneinfo, such as Europe/Berlin or UTC",
                  IsTimezone);
}

std::string YamlText(const std::string& text) {
  bool plain = !text.empty() && (IsAlnum(text[0]) || text[0] == '/') && text.back() != ':' &&
               std::all_of(text.begin(), text.end(), [](char c) {
                 return IsAlnum(c) || std::string_view("/._-:@+").find(c) != std::string_view::npos;
               });
  for (std::string_view word :
       {"true", "false", "null", "Null", "NULL", "yes", "no", "on", "off"}) {
    if (text == word) plain = false;
  }
  if (plain && !ParseInteger(text)) return text;
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

bool CheckHasValue(const YamlMember& member, FileMistakes& mistakes) {
  if (!member.value.is_null()) return true;
  mistakes.Add(member.line, member.column,
               fmt::format("the key '{}' has no value; leave it out or give it one", member.key));
  return false;
}

bool CheckList(const std::string& name, const YamlNode& node, size_t max, FileMistakes& mistakes) {
  if (!node.is_list()) {
    mistakes.Add(node, fmt::format("'{}' must be a list, not {}", name, node.Describe()));
    return false;
  }
  if (node.items.size() <= max) return true;
  mistakes.Add(node, fmt::format("'{}' has {} items, more than {}", name, node.items.size(), max));
  return false;
}

void AddUnknownKey(const YamlMember& member, const std::vector<std::string>& known,
                   FileMistakes& mistakes) {
  YamlNode shown;
  shown.kind = YamlNode::Kind::kScalar;
  shown.text = member.key;
  mistakes.Add(member.line, member.column,
               "unknown key " + shown.Describe() + DidYouMean(member.key, known));
}

}  // namespace forewarn
