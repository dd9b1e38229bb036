#include <fmt/core.h>
#include <fmt/ranges.h>

#include <limits>

#include "base/units.h"
#include "rules/promql/ast.h"
#include "rules/promql/number.h"
#include "rules/promql/promql.h"

namespace forewarn::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// In double quotes, with the escapes that the lexer resolves; bytes beyond ASCII stay.
std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < ' ' || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string_view Symbol(Matcher::Kind kind) {
  switch (kind) {
    case Matcher::Kind::kEqual: return "=";
    case Matcher::Kind::kNotEqual: return "!=";
    case Matcher::Kind::kRegex: return "=~";
    case Matcher::Kind::kNotRegex: return "!~";
  }
  return "";
}

// Parentheses are nodes of their own, so nothing here has to think of precedence.
class Printer {
 public:
  std::string Take() { return std::move(out_); }

  void Print(const Node& node) {
    std::visit([this](const auto& body) { Print(body); }, node.body);
  }

 private:
  void Print(const Number& number) { out_ += FormatValue(number.value); }
  void Print(const String& string) { out_ += Quote(string.value); }

  void Print(const Selector& selector) {
    out_ += selector.name;
    const size_t first = selector.name.empty() ? 0 : 1;
    if (selector.matchers.size() > first) {
      for (size_t i = first; i < selector.matchers.size(); ++i) {
        const Matcher& matcher = selector.matchers[i];
        out_ += i == first ? '{' : ',';
        out_ += matcher.name();
        out_ += Symbol(matcher.kind());
        out_ += Quote(matcher.value());
      }
      out_ += '}';
    }
    if (selector.range.count() > 0) out_ += fmt::format("[{}]", FormatDuration(selector.range));
    Print(selector.shift);
  }

  void Print(const Subquery& subquery) {
    Print(*subquery.expression);
    out_ += fmt::format("[{}:{}]", FormatDuration(subquery.range),
                        subquery.step ? FormatDuration(*subquery.step) : "");
    Print(subquery.shift);
  }

  void Print(const Shift& shift) {
    if (shift.at.has_value()) {
      switch (shift.at->kind) {
        case AtModifier::Kind::kStart: out_ += " @ start()"; break;
        case AtModifier::Kind::kEnd: out_ += " @ end()"; break;
        case AtModifier::Kind::kFixed: {
          // Milliseconds as seconds, digit by digit: a double would lose some of a far time.
          const int64_t millis = ToMillis(shift.at->fixed);
          const int64_t size = millis < 0 ? -millis : millis;
          out_ += fmt::format(" @ {}{}.{:03}", millis < 0 ? "-" : "", size / 1000, size % 1000);
          break;
        }
      }
    }
    if (shift.offset.count() > 0) out_ += fmt::format(" offset {}", FormatDuration(shift.offset));
    if (shift.offset.count() < 0) out_ += fmt::format(" offset -{}", FormatDuration(-shift.offset));
  }

  void Print(const Paren& paren) {
    out_ += '(';
    Print(*paren.expression);
    out_ += ')';
  }

  void Print(const Unary& unary) {
    out_ += unary.negative ? '-' : '+';
    Print(*unary.operand);
  }

  void Print(const Binary& binary) {
    const auto* number = As<Number>(*binary.left);
    if (binary.op == TokenKind::kPow && number != nullptr && number->value == kInfinity) {
      out_ += "Inf";  // a sign would be one of the power
    } else {
      Print(*binary.left);
    }
    out_ += fmt::format(" {}", Spelling(binary.op));
    if (binary.returns_bool) out_ += " bool";
    const Matching& matching = binary.matching;
    const bool grouped = matching.cardinality != Cardinality::kOneToOne;
    if (matching.on || grouped || !matching.labels.empty()) {
      out_ += fmt::format(" {} ({})", matching.on ? "on" : "ignoring",
                          fmt::join(matching.labels, ", "));
    }
    if (grouped) {
      const bool left = matching.cardinality == Cardinality::kManyToOne;
      out_ += fmt::format(" {} ({})", left ? "group_left" : "group_right",
                          fmt::join(matching.include, ", "));
    }
    out_ += ' ';
    Print(*binary.right);
  }

  void Print(const Aggregate& aggregate) {
    out_ += Spelling(aggregate.op);
    if (aggregate.without || !aggregate.grouping.empty()) {
      out_ += fmt::format(" {} ({}) ", aggregate.without ? "without" : "by",
                          fmt::join(aggregate.grouping, ", "));
    }
    out_ += '(';
    if (aggregate.parameter != nullptr) {
      Print(*aggregate.parameter);
      out_ += ", ";
    }
    Print(*aggregate.expression);
    out_ += ')';
  }

  void Print(const Call& call) {
    out_ += call.function->name;
    out_ += '(';
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      if (i > 0) out_ += ", ";
      Print(*call.arguments[i]);
    }
    out_ += ')';
  }

  std::string out_;
};

}  // namespace

std::string Expression::ToString() const {
  Printer printer;
  printer.Print(*root_);
  return printer.Take();
}

}  // namespace forewarn::promql
