#include "rules/series_notation.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "rules/promql/lexer.h"
#include "rules/promql/position.h"

namespace forewarn {
namespace {

using promql::ErrorAt;
using promql::Token;
using promql::TokenKind;
using Values = std::vector<std::optional<double>>;

constexpr std::string_view kSpaces = " \t\r\n";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// One word of the values, such as `1+2x10`.
class ValueWord {
 public:
  ValueWord(std::string_view text, size_t begin, size_t end)
      : text_(text), begin_(begin), at_(begin), end_(end) {}

  Status AppendTo(Values& values) {
    if (Rest() == "stale") return Append(values, StaleMarker(), 0, 1);
    if (Rest().starts_with('_')) {
      ++at_;
      uint64_t times = 1;
      if (at_ < end_) FW_RETURN_IF_ERROR(TakeTimes(times));
      if (times > kMaxNotedValues - std::min(values.size(), kMaxNotedValues)) return TooMany();
      values.insert(values.end(), times, std::nullopt);
      return OkStatus();
    }
    double first = 0;
    FW_RETURN_IF_ERROR(TakeNumber(first));
    double step = 0;
    if (at_ == end_) return Append(values, first, 0, 1);
    if (text_[at_] == '+' || text_[at_] == '-') FW_RETURN_IF_ERROR(TakeNumber(step));
    uint64_t more = 0;
    FW_RETURN_IF_ERROR(TakeTimes(more));
    return Append(values, first, step, more + 1);
  }

 private:
  std::string_view Rest() const { return text_.substr(at_, end_ - at_); }

  Status Bad() const {
    return ErrorAt(text_, begin_,
                   fmt::format("'{}' is no value of a series; write 1, 1x3, 1+2x3, _, _x3 or stale",
                               text_.substr(begin_, std::min<size_t>(end_ - begin_, 40))));
  }
  Status TooMany() const {
    return ErrorAt(text_, begin_,
                   fmt::format("a series may have at most {} values", kMaxNotedValues));
  }

  // A decimal number, NaN or Inf, with its sign.
  Status TakeNumber(double& value) {
    const bool negative = text_[at_] == '-';
    if (negative || text_[at_] == '+') ++at_;
    // from_chars would take another sign.
    if (at_ == end_ || text_[at_] == '-' || text_[at_] == '+') return Bad();
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + end_, value);
    if (error != std::errc()) return Bad();
    at_ = static_cast<size_t>(end - text_.data());
    if (negative) value = -value;
    return OkStatus();
  }

  // `x` and a count, which end the word.
  Status TakeTimes(uint64_t& times) {
    if (Rest().size() < 2 || text_[at_] != 'x' || !IsDigit(text_[at_ + 1])) return Bad();
    const auto [end, error] = std::from_chars(text_.data() + at_ + 1, text_.data() + end_, times);
    if (end != text_.data() + end_) return Bad();
    if (error != std::errc() || times >= kMaxNotedValues) return TooMany();
    return OkStatus();
  }

  // Adds up step by step, as promtool does, so that the last bits agree.
  Status Append(Values& values, double first, double step, uint64_t count) const {
    if (count > kMaxNotedValues - std::min(values.size(), kMaxNotedValues)) return TooMany();
    for (double value = first; count > 0; --count) {
      values.emplace_back(value);
      if (count > 1 && step != 0) value += step;
    }
    return OkStatus();
  }

  const std::string_view text_;
  const size_t begin_;
  size_t at_;
  const size_t end_;
};

// Where the labels end: at the first space outside braces, and braces end at a `}` outside quotes.
size_t EndOfLabels(std::string_view text) {
  char quote = '\0';
  bool braces = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == '\\' && quote != '`') ++i;
      if (c == quote) quote = '\0';
    } else if (braces && (c == '"' || c == '\'' || c == '`')) {
      quote = c;
    } else if (c == '{') {
      braces = true;
    } else if (c == '}') {
      return i + 1;
    } else if (!braces && kSpaces.find(c) != std::string_view::npos) {
      return i;
    }
  }
  return text.size();
}

}  // namespace

SeriesData NotedSeries::At(Timestamp start, Duration interval) const {
  SeriesData data{labels, {}};
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i]) data.samples.push_back({start + interval * static_cast<int64_t>(i), *values[i]});
  }
  return data;
}

StatusOr<Labels> ParseSeriesLabels(std::string_view text) {
  FW_ASSIGN_OR_RETURN(const std::vector<Token> tokens, promql::Tokenize(text));
  size_t at = 0;
  const auto is = [&](TokenKind kind) { return tokens[at].kind == kind; };
  const auto unexpected = [&](std::string_view wanted) {
    return ErrorAt(text, tokens[at].begin,
                   fmt::format("unexpected {}, expected {}", Describe(tokens[at]), wanted));
  };
  Labels labels;
  if (is(TokenKind::kEnd)) return unexpected("a series such as up{job=\"a\"}");
  if (!is(TokenKind::kLeftBrace)) {
    if (!IsMetricName(tokens[at].text)) return unexpected("a metric's name");
    labels.Set(kMetricName, tokens[at++].text);
  }
  if (is(TokenKind::kLeftBrace)) {
    ++at;
    while (!is(TokenKind::kRightBrace)) {
      const Token& name = tokens[at];
      if (name.kind != TokenKind::kIdentifier || !IsLabelName(name.text))
        return unexpected("a label");
      if (labels.Has(name.text)) {
        return ErrorAt(text, name.begin, fmt::format("label '{}' is given twice", name.text));
      }
      ++at;
      if (!is(TokenKind::kAssign)) return unexpected("'='");
      ++at;
      if (!is(TokenKind::kString)) return unexpected("a quoted value");
      labels.Set(name.text, tokens[at++].text);
      if (is(TokenKind::kComma)) {
        ++at;
      } else if (!is(TokenKind::kRightBrace)) {
        return unexpected("',' or '}'");
      }
    }
    ++at;
  }
  if (!is(TokenKind::kEnd)) return unexpected("nothing after the labels");
  return labels;
}

StatusOr<Values> ParseSeriesValues(std::string_view text) {
  Values values;
  size_t begin = text.find_first_not_of(kSpaces);
  while (begin != std::string_view::npos) {
    const size_t end = std::min(text.find_first_of(kSpaces, begin), text.size());
    FW_RETURN_IF_ERROR(ValueWord(text, begin, end).AppendTo(values));
    begin = text.find_first_not_of(kSpaces, end);
  }
  return values;
}

StatusOr<NotedSeries> ParseSeries(std::string_view text) {
  const size_t first = std::min(text.find_first_not_of(kSpaces), text.size());
  const size_t end = first + EndOfLabels(text.substr(first));
  NotedSeries series;
  FW_ASSIGN_OR_RETURN(series.labels, ParseSeriesLabels(text.substr(0, end)));
  FW_ASSIGN_OR_RETURN(series.values, ParseSeriesValues(text.substr(end)));
  return series;
}

}  // namespace forewarn
