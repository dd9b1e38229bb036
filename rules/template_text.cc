#include "rules/template_text.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "model/regex.h"
#include "rules/template_value.h"

namespace forewarn::templates {
namespace {

// Groups that a replacement may name are found in one pass.
constexpr int kMaxGroups = 100;
// RE2 takes at most a step of the program for each byte; beyond, nobody waits.
constexpr uint64_t kMaxSteps = 100'000'000;

Status TooMuch() {
  return ResourceExhausted("the regular expression is too much work for this text");
}

std::string_view GroupText(const RE2& regex, const std::vector<re2::StringPiece>& groups,
                           std::string_view name) {
  size_t index = 0;
  if (name.find_first_not_of("0123456789") == std::string_view::npos) {
    if (name.size() > 4) return "";
    for (const char c : name) index = index * 10 + static_cast<size_t>(c - '0');
  } else {
    const auto& named = regex.NamedCapturingGroups();
    const auto found = named.find(std::string(name));
    if (found == named.end()) return "";
    index = static_cast<size_t>(found->second);
  }
  if (index >= groups.size() || groups[index].data() == nullptr) return "";
  return {groups[index].data(), groups[index].size()};
}

// Go's regexp.Expand: `$name` takes the longest word, `$$` is a dollar sign.
void AppendReplacement(const RE2& regex, const std::vector<re2::StringPiece>& groups,
                       std::string_view replacement, std::string& out) {
  while (!replacement.empty() && out.size() <= kMaxText) {
    const size_t dollar = replacement.find('$');
    out += replacement.substr(0, dollar);
    if (dollar == std::string_view::npos) return;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      out += '$';
      replacement.remove_prefix(1);
      continue;
    }
    const size_t begin = replacement.starts_with('{') ? 1 : 0;
    size_t end = begin;
    while (end < replacement.size() && IsWordCharacter(replacement[end])) ++end;
    const std::string_view name = replacement.substr(begin, end - begin);
    const bool is_open = begin == 1 && (end == replacement.size() || replacement[end] != '}');
    if (name.empty() || is_open) {
      out += '$';
      continue;
    }
    out += GroupText(regex, groups, name);
    replacement.remove_prefix(end + begin);
  }
}

// The length of the UTF-8 character that begins here.
size_t CharacterSize(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
  return size;
}

struct HostPort {
  std::string host;
  std::string port;
};

// As Go's net.SplitHostPort; nothing where that fails.
std::optional<HostPort> SplitHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[')) {
    if (host.find(']') != host.size() - 1) return std::nullopt;
    host = host.substr(1, host.size() - 2);
    if (host.find('[') != std::string_view::npos) return std::nullopt;
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return std::nullopt;
  }
  if (port.find_first_of("[]") != std::string_view::npos) return std::nullopt;
  return HostPort{std::string(host), std::string(port)};
}

bool IsAddress(const std::string& host) {
  std::array<unsigned char, 16> address;
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

}  // namespace

std::string Title(std::string text) {
  bool in_word = false;
  for (char& c : text) {
    if (!in_word) c = Upper(c);
    in_word = IsWordCharacter(c) || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
  }
  return text;
}

std::string ToUpper(std::string text) {
  for (char& c : text) c = Upper(c);
  return text;
}

std::string ToLower(std::string text) {
  for (char& c : text) c = Lower(c);
  return text;
}

StatusOr<bool> Matches(const std::string& pattern, std::string_view text) {
  FW_ASSIGN_OR_RETURN(const auto regex, CompileRegex(pattern));
  if ((text.size() + 1) * static_cast<uint64_t>(regex->ProgramSize()) > kMaxSteps) return TooMuch();
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex);
}

StatusOr<std::string> ReplaceAll(const std::string& pattern, std::string_view replacement,
                                 std::string_view text) {
  FW_ASSIGN_OR_RETURN(const auto regex, CompileRegex(pattern));
  if (regex->NumberOfCapturingGroups() > kMaxGroups) return TooMuch();
  const auto program = static_cast<uint64_t>(regex->ProgramSize());
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex->NumberOfCapturingGroups()) + 1);
  const re2::StringPiece whole(text.data(), text.size());
  std::string out;
  uint64_t steps = 0;
  size_t at = 0;
  // A match of nothing does not count where the last match ended.
  std::optional<size_t> last_end;
  while (at <= text.size()) {
    // A search may read on to the end before it knows where the match ends.
    steps += (text.size() - at + 1) * program;
    if (steps > kMaxSteps) return TooMuch();
    if (!regex->Match(whole, at, text.size(), RE2::UNANCHORED, groups.data(),
                      static_cast<int>(groups.size()))) {
      break;
    }
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = begin + groups[0].size();
    out += text.substr(at, begin - at);
    if (end > begin || last_end != begin) AppendReplacement(*regex, groups, replacement, out);
    last_end = end;
    at = end;
    if (end == begin) {
      if (at == text.size()) break;
      const size_t size = CharacterSize(text.substr(at));
      out += text.substr(at, size);
      at += size;
    }
    if (out.size() > kMaxText) return ResourceExhausted("the text is longer than 64 KiB");
  }
  if (at < text.size()) out += text.substr(at);
  return out;
}

std::string StripPort(std::string_view host_port) {
  const std::optional<HostPort> split = SplitHostPort(host_port);
  return split ? split->host : std::string(host_port);
}

std::string StripDomain(std::string_view host_port) {
  const std::optional<HostPort> split = SplitHostPort(host_port);
  std::string host = split ? split->host : std::string(host_port);
  if (IsAddress(host)) return std::string(host_port);
  host.resize(std::min(host.find('.'), host.size()));
  if (!split || split->port.empty()) return host;
  if (host.find(':') != std::string::npos) return fmt::format("[{}]:{}", host, split->port);
  return fmt::format("{}:{}", host, split->port);
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\0': out += "\uFFFD"; break;
      default: out += c;
    }
  }
  return out;
}

std::string EscapeJs(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' || c == '\'' || c == '"') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&' || c == '=') {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(byte));
    } else {
      out += c;
    }
  }
  return out;
}

std::string EscapeQuery(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (IsWordCharacter(c) || c == '-' || c == '.' || c == '~') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace forewarn::templates
