#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "rules/unit_test_file.h"

namespace forewarn {

// What was expected and what was got, in promtool's words.

// `{__name__="up", job="a"} 1E+00, {} 2.5E-01`; `nil` for none.
std::string Describe(std::span<const ExpectedSample> samples);

// `[]`, or one alert after the other:
//   [
//   0:
//     Labels:{alertname="Down", job="a"}
//     Annotations:{summary="a is down"}
//   ]
std::string Describe(std::span<const ExpectedAlert> alerts);

// With so many spaces in front of every line but the first.
std::string Indented(std::string_view lines, size_t spaces);

}  // namespace forewarn
