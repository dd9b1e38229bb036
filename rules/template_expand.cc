#include "rules/template_expand.h"

#include <fmt/core.h>

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "rules/template_call.h"
#include "rules/template_field.h"
#include "rules/template_query.h"

namespace forewarn::templates {
namespace {

// Compiling a regular expression is as much work as so many terms.
constexpr int64_t kRegexSteps = 500;
// So many bytes of a text that is handed on are as much work as a term.
constexpr size_t kBytesPerStep = 1024;
// What a step costs the rule whose text it is, in samples touched.
constexpr uint64_t kOperationsPerStep = 10;

Status TooLong() { return ResourceExhausted("the text is longer than 64 KiB"); }

// What the pieces of one template see.
struct Frame {
  Value root;
  Value dot;
  std::vector<Value> variables;  // by slot
};

// How a run of pieces ended.
enum class Flow { kOn, kBreak, kContinue };

class Expander {
 public:
  Expander(const Tree& tree, const Facts& facts, std::string& out)
      : tree_(tree), facts_(facts), out_(out) {}

  Status Run() {
    Frame frame{Value(&facts_), Value(&facts_), {}};
    return ExpandPieces(tree_.pieces, frame).status();
  }
  int64_t steps() const { return kMaxSteps - steps_left_; }

 private:
  Status Step(int64_t steps = 1) {
    steps_left_ -= steps;
    if (steps_left_ >= 0) return OkStatus();
    return ResourceExhausted(fmt::format("the template takes more than {} steps", kMaxSteps));
  }

  StatusOr<Flow> ExpandPieces(const Pieces& pieces, Frame& frame) {
    for (const Piece& piece : pieces) {
      FW_RETURN_IF_ERROR(Step());
      FW_ASSIGN_OR_RETURN(const Flow flow, ExpandPiece(piece, frame));
      if (out_.size() > kMaxText) return TooLong();
      if (flow != Flow::kOn) return flow;
    }
    return Flow::kOn;
  }

  StatusOr<Flow> ExpandPiece(const Piece& piece, Frame& frame) {
    switch (piece.kind) {
      case Piece::Kind::kText: out_ += piece.text; return Flow::kOn;
      case Piece::Kind::kTerm: {
        FW_ASSIGN_OR_RETURN(Value value, Evaluate(*piece.term, frame));
        if (piece.slots.empty()) {
          out_ += Print(value);
        } else {
          Set(frame, piece.slots.front(), std::move(value));
        }
        return Flow::kOn;
      }
      case Piece::Kind::kIf:
      case Piece::Kind::kWith: return ExpandBranches(piece, frame);
      case Piece::Kind::kRange: return ExpandRange(piece, frame);
      case Piece::Kind::kTemplate: return ExpandTemplate(piece, frame);
      case Piece::Kind::kBreak: return Flow::kBreak;
      case Piece::Kind::kContinue: return Flow::kContinue;
    }
    return Flow::kOn;
  }

  StatusOr<Flow> ExpandBranches(const Piece& piece, Frame& frame) {
    for (const Branch& branch : piece.branches) {
      if (!branch.condition) return ExpandPieces(branch.pieces, frame);
      FW_ASSIGN_OR_RETURN(Value value, Evaluate(*branch.condition, frame));
      if (!branch.slots.empty()) Set(frame, branch.slots.front(), value);
      if (!IsTrue(value)) continue;
      if (piece.kind == Piece::Kind::kIf) return ExpandPieces(branch.pieces, frame);
      Value dot = std::exchange(frame.dot, std::move(value));
      StatusOr<Flow> flow = ExpandPieces(branch.pieces, frame);
      frame.dot = std::move(dot);
      return flow;
    }
    return Flow::kOn;
  }

  StatusOr<Flow> ExpandRange(const Piece& piece, Frame& frame) {
    const Branch& body = piece.branches.front();
    FW_ASSIGN_OR_RETURN(const Value value, Evaluate(*body.condition, frame));
    const Value dot = frame.dot;
    bool is_empty = true;
    // One turn, with what the range has there: false when it was the last.
    auto turn = [&](Value key, Value element) -> StatusOr<bool> {
      is_empty = false;
      FW_RETURN_IF_ERROR(Step(1 + Weight(key) + 2 * Weight(element)));
      if (body.slots.size() == 2) Set(frame, body.slots.front(), std::move(key));
      if (!body.slots.empty()) Set(frame, body.slots.back(), element);
      frame.dot = std::move(element);
      FW_ASSIGN_OR_RETURN(const Flow flow, ExpandPieces(body.pieces, frame));
      return flow != Flow::kBreak;
    };
    FW_RETURN_IF_ERROR(ForEachElement(value, turn));
    frame.dot = dot;
    if (!is_empty || piece.branches.size() == 1) return Flow::kOn;
    return ExpandPieces(piece.branches[1].pieces, frame);
  }

  // What a range goes over, key and element at a time, until `turn` says that it was the last.
  template <typename Turn>
  static Status ForEachElement(const Value& value, const Turn& turn) {
    bool goes_on = true;
    if (const auto* samples = std::get_if<Samples>(&value)) {
      for (size_t i = 0; i < (*samples)->size() && goes_on; ++i) {
        FW_ASSIGN_OR_RETURN(goes_on, turn(static_cast<int64_t>(i), (**samples)[i]));
      }
    } else if (const auto* labels = std::get_if<const Labels*>(&value)) {
      for (const auto& [name, text] : **labels) {
        FW_ASSIGN_OR_RETURN(goes_on, turn(std::string(name), std::string(text)));
        if (!goes_on) break;
      }
    } else if (const auto* given = std::get_if<std::shared_ptr<const Arguments>>(&value)) {
      for (const auto& [name, argument] : (*given)->values) {
        FW_ASSIGN_OR_RETURN(goes_on, turn(name, argument));
        if (!goes_on) break;
      }
    } else if (TypeOf(value) != Type::kNothing) {
      return InvalidArgument(fmt::format("a range goes over query results or labels, not over {}",
                                         NameOf(TypeOf(value))));
    }
    return OkStatus();
  }

  // Steps that copying a value is worth beside the one.
  static int64_t Weight(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? 0 : static_cast<int64_t>(text->size() / kBytesPerStep);
  }

  StatusOr<Flow> ExpandTemplate(const Piece& piece, Frame& frame) {
    if (calls_ == kMaxCalls) {
      return ResourceExhausted(
          fmt::format("the template '{}' calls itself without an end", piece.text));
    }
    Value dot = Nothing();
    if (piece.term) {
      FW_ASSIGN_OR_RETURN(dot, Evaluate(*piece.term, frame));
    }
    Frame inside{dot, dot, {}};
    ++calls_;
    FW_RETURN_IF_ERROR(ExpandPieces(tree_.definitions.at(piece.text), inside).status());
    --calls_;
    return Flow::kOn;
  }

  static void Set(Frame& frame, size_t slot, Value value) {
    if (frame.variables.size() <= slot) frame.variables.resize(slot + 1, Nothing());
    frame.variables[slot] = std::move(value);
  }

  StatusOr<Value> Evaluate(const Term& term, const Frame& frame) {
    FW_ASSIGN_OR_RETURN(Value value, EvaluateFree(term, frame));
    if (const auto* text = std::get_if<std::string>(&value); text && text->size() > kMaxText) {
      return TooLong();
    }
    FW_RETURN_IF_ERROR(Step(1 + Weight(value)));
    return value;
  }

  // Not yet counted.
  StatusOr<Value> EvaluateFree(const Term& term, const Frame& frame) {
    switch (term.kind) {
      case Term::Kind::kConstant: return term.constant;
      case Term::Kind::kValue: return Value(facts_.value);
      case Term::Kind::kLabels: return Value(&facts_.labels);
      case Term::Kind::kLabel: return Value(std::string(facts_.labels.Get(term.label)));
      case Term::Kind::kDot: return frame.dot;
      case Term::Kind::kRoot: return frame.root;
      case Term::Kind::kVariable:
        FW_CHECK(term.slot < frame.variables.size());
        return frame.variables[term.slot];
      case Term::Kind::kField: {
        FW_ASSIGN_OR_RETURN(const std::vector<Value> values, EvaluateAll(term, frame));
        return FieldOf(values[0], term.label, std::span(values).subspan(1));
      }
      case Term::Kind::kCall: return EvaluateCall(term, frame);
    }
    return Internal("every kind of term is handled");
  }

  StatusOr<std::vector<Value>> EvaluateAll(const Term& term, const Frame& frame) {
    std::vector<Value> values;
    values.reserve(term.arguments.size());
    for (const Term& argument : term.arguments) {
      FW_ASSIGN_OR_RETURN(Value value, Evaluate(argument, frame));
      values.push_back(std::move(value));
    }
    return values;
  }

  StatusOr<Value> EvaluateCall(const Term& term, const Frame& frame) {
    if (term.function == Function::kAnd || term.function == Function::kOr) {
      return EvaluateUntil(term, term.function == Function::kOr, frame);
    }
    if (term.function == Function::kMatch || term.function == Function::kReReplaceAll) {
      FW_RETURN_IF_ERROR(Step(kRegexSteps));
    }
    FW_ASSIGN_OR_RETURN(std::vector<Value> values, EvaluateAll(term, frame));
    return Call(term, std::move(values), facts_);
  }

  // The first argument that is as true as `stops_at`, or the last; those behind are not looked at.
  StatusOr<Value> EvaluateUntil(const Term& term, bool stops_at, const Frame& frame) {
    Value value = Nothing();
    for (const Term& argument : term.arguments) {
      FW_ASSIGN_OR_RETURN(value, Evaluate(argument, frame));
      if (IsTrue(value) == stops_at) break;
    }
    return value;
  }

  const Tree& tree_;
  const Facts& facts_;
  std::string& out_;
  int64_t steps_left_ = kMaxSteps;
  int calls_ = 0;
};

}  // namespace

Status ExpandInto(const Tree& tree, const Facts& facts, std::string& out) {
  if (facts.queries != nullptr) FW_RETURN_IF_ERROR(facts.queries->Charge(0));
  Expander expander(tree, facts, out);
  Status status = expander.Run();
  if (facts.queries != nullptr) {
    Status paid =
        facts.queries->Charge(static_cast<uint64_t>(expander.steps()) * kOperationsPerStep);
    if (status.ok()) status = std::move(paid);
  }
  return status;
}

}  // namespace forewarn::templates
