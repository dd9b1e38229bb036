#include "bench/http_head.h"

#include <algorithm>
#include <charconv>

namespace forewarn::bench {

std::string_view HeaderOf(std::string_view head, std::string_view name) {
  auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  for (size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line + 2)) {
    std::string_view rest = head.substr(line + 2);
    if (rest.size() <= name.size() || rest[name.size()] != ':') continue;
    if (!std::equal(name.begin(), name.end(), rest.begin(), same)) continue;
    rest = rest.substr(name.size() + 1, rest.find("\r\n") - name.size() - 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    return rest;
  }
  return {};
}

std::optional<size_t> ParseSize(std::string_view text, int base) {
  size_t size = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return size;
}

}  // namespace forewarn::bench
