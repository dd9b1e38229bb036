#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace forewarn {

// A regular expression that is a list of texts, `a|b\.c` or `(db-1.example.net|db-2.example.net)`, in which a dot that
// is not escaped stands for any character. People name hosts so, thousands of them; looking a value up costs little
// however many there are, and holding them a few bytes for each. Says what RE2 would say of the same expression with
// both ends anchored. Immutable and thread-safe.
class Alternatives {
 public:
  // Nothing for an expression that is more than such a list.
  static std::optional<Alternatives> Parse(std::string_view expression);

  // `value` is UTF-8.
  bool Matches(std::string_view value) const;

  // How many texts it names, each counted once.
  size_t size() const;
  // The values that match, when it names them, without a dot that stands for others; ascending.
  std::optional<std::span<const std::string>> Values() const;
  // What a value that matches begins with, one of these: the texts up to their first such dot; in no order.
  std::vector<std::string> Prefixes() const;

 private:
  // The texts with dots that stand for others at the same places of as many bytes.
  struct Shape {
    size_t bytes = 0;
    std::vector<size_t> dots;        // ascending
    std::vector<std::string> texts;  // ascending, each once
  };

  Alternatives() = default;

  std::vector<std::string> plain_;  // without such dots; ascending, each once
  std::vector<Shape> shapes_;
};

}  // namespace forewarn
