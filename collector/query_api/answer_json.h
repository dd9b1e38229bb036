#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"
#include "rules/promql/promql.h"

namespace forewarn {

// What Prometheus' query API answers, as JSON, written piece by piece at the end of `out`: answers
// are long, and a tree of them would take many times their size.

// Quoted; control characters are escaped, and bytes that are no UTF-8 become U+FFFD.
void AppendString(std::string_view text, std::string& out);
// `{"__name__":"up","job":"node"}`.
void AppendLabels(const Labels& labels, std::string& out);
// `["a","b"]`.
void AppendStrings(const std::vector<std::string>& texts, std::string& out);
// `1780000000.25`: seconds, with three decimals when there are milliseconds.
void AppendTime(Timestamp at, std::string& out);
// Quoted: the shortest decimals that read back as the same double, `"0.1"`, `"1e-07"`, `"NaN"`, `"+Inf"`.
void AppendNumber(double value, std::string& out);

// `{"resultType":"vector","result":[…]}`. False when it gives up, since `out` would be longer than
// `longest` by much.
bool AppendValue(const promql::Value& value, size_t longest, std::string& out);

// The whole of an answer: `{"status":"success","data":…}`, and `{"status":"error",…}`.
std::string Success(std::string data);
std::string Failed(std::string_view error_type, std::string_view message);

}  // namespace forewarn
