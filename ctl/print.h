#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace forewarn {

// What people read on a terminal, and what programs read with `--output json`.

// Rows under headings, each column as wide as its widest cell; Chinese characters count two. Cells
// come from other machines: control characters are shown as \x1b, so that nothing in them commands
// the terminal.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) { rows_.push_back(std::move(headings)); }

  // As many cells as headings.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.size() == 1; }
  // With a line feed after each row. Without rows only `nothing`, and a line feed.
  std::string ToString(std::string_view nothing) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// One field of a thing in its own paragraph: `severity     warning`.
std::string Field(std::string_view name, std::string_view value);

// The message as JSON, indented, with the names of the .proto file and every field written.
std::string Json(const google::protobuf::Message& message);

// `1 group`, `2 groups`.
std::string Count(size_t n, std::string_view what);
// RFC 3339 in UTC; `-` for 0.
std::string TimeText(int64_t millis);
// As PromQL writes numbers: `0.5`, `1e+09`, `NaN`, `+Inf`.
std::string NumberText(double value);
// The text with control characters escaped; line feeds too, unless they are kept.
std::string Printable(std::string_view text, bool keep_lines = false);

}  // namespace forewarn
