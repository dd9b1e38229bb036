#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace forewarn::templates {

// The functions of templates that make a text of a text, as Prometheus and Go have them.

// The first letter of each word as a capital; `_`, digits and bytes beyond ASCII belong to words.
std::string Title(std::string text);
std::string ToUpper(std::string text);
std::string ToLower(std::string text);

// Whether the regular expression (RE2) matches anywhere.
StatusOr<bool> Matches(const std::string& pattern, std::string_view text);
// All matches replaced; `$1`, `${1}` and `${name}` in the replacement are its groups. Fails for what
// would be longer than kMaxText.
StatusOr<std::string> ReplaceAll(const std::string& pattern, std::string_view replacement,
                                 std::string_view text);

// `host:9100` -> `host`, `[::1]:80` -> `::1`; what has no port stays.
std::string StripPort(std::string_view host_port);
// `host.example.com:9100` -> `host:9100`; an address stays.
std::string StripDomain(std::string_view host_port);

std::string EscapeHtml(std::string_view text);
std::string EscapeJs(std::string_view text);
std::string EscapeQuery(std::string_view text);  // as a value in a URL's query

}  // namespace forewarn::templates
