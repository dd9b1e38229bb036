#include "config/schema_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "base/open_quote.h"
#include "base/utf8.h"
#include "base/yaml_slip.h"

namespace forewarn {
namespace {

constexpr size_t kMaxDepth = 32;

// Builds our nodes from yaml-cpp's events. Not from its own nodes: those have merged repeated keys
// by then.
class Builder : public YAML::EventHandler {
 public:
  Builder(const std::string& path, std::vector<Mistake>& mistakes)
      : path_(path), mistakes_(mistakes) {}

  YamlNode TakeRoot() { return stopped_ ? YamlNode() : std::move(root_); }
  bool stopped() const { return stopped_; }
  const YAML::Mark& last_scalar() const { return last_scalar_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) Stop(mark, "a second document; put it into a file of its own");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    Place(MakeNode(mark, YamlNode::Kind::kNull));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Add(mark, "an alias (*name); write the value out");
    Place(MakeNode(mark, YamlNode::Kind::kNull));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    last_scalar_ = mark;
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    YamlNode node = MakeNode(mark, YamlNode::Kind::kScalar);
    node.text = value;
    node.quoted = tag == "!";
    Place(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or map that is still open, and for a map the key that waits for its value.
  struct Frame {
    YamlNode node;
    std::optional<YamlMember> waiting;
    std::map<std::string, int> lines;  // of the keys so far
  };

  void Add(const YAML::Mark& mark, std::string text) {
    if (stopped_) return;
    mistakes_.push_back(
        {path_, std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1, std::move(text)});
  }

  // Reading on makes no sense: what still comes is let pass.
  void Stop(const YAML::Mark& mark, std::string text) {
    Add(mark, std::move(text));
    stopped_ = true;
  }

  static YamlNode MakeNode(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = std::max(mark.line, 0) + 1;
    node.column = std::max(mark.column, 0) + 1;
    return node;
  }

  void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) Add(mark, "an anchor (&name); write the value out where it is needed");
  }
  // `?` is what yaml-cpp calls plain, `!` is quoted, empty or `?` are lists and maps without a tag.
  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      Add(mark, "a tag (!name); write the value without it");
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    if (stopped_) return;
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    if (open_.size() >= kMaxDepth) {
      Stop(mark, fmt::format("nested more than {} levels deep", kMaxDepth));
      return;
    }
    open_.push_back({MakeNode(mark, kind), std::nullopt, {}});
  }

  void Close() {
    if (stopped_) return;
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Place(std::move(node));
  }

  // Puts a finished value where it belongs.
  void Place(YamlNode node) {
    if (stopped_) return;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.waiting) {
      TakeKey(frame, node);
    } else {
      frame.waiting->value = std::move(node);
      // An empty key marks one that was refused.
      if (!frame.waiting->key.empty()) frame.node.members.push_back(*std::move(frame.waiting));
      frame.waiting.reset();
    }
  }

  void TakeKey(Frame& frame, const YamlNode& node) {
    frame.waiting = YamlMember{node.text, node.line, node.column, {}};
    if (!node.is_scalar() || node.text.empty()) {
      mistakes_.push_back(
          {path_, node.line, node.column, "a key must be plain text, not " + node.Describe()});
      frame.waiting->key.clear();
      return;
    }
    auto [earlier, is_new] = frame.lines.emplace(node.text, node.line);
    if (is_new) return;
    mistakes_.push_back({path_, node.line, node.column,
                         fmt::format("the key '{}' is given twice; the first is in line {}",
                                     node.text, earlier->second)});
    frame.waiting->key.clear();
  }

  const std::string& path_;
  std::vector<Mistake>& mistakes_;

  YamlNode root_;
  std::vector<Frame> open_;
  YAML::Mark last_scalar_ = YAML::Mark::null_mark();
  int documents_ = 0;
  bool stopped_ = false;
};

// Says so when a quote is open until the end of the text: then it is that of the last scalar.
bool RefuseOpenQuote(const std::string& path, std::string_view text, const YAML::Mark& last_scalar,
                     std::vector<Mistake>& mistakes) {
  if (last_scalar.is_null()) return false;
  std::optional<TextPlace> quote = FindOpenQuote(
      text, {last_scalar.line + 1, last_scalar.column + 1, static_cast<size_t>(last_scalar.pos)});
  if (!quote) return false;
  mistakes.push_back({path, quote->line, quote->column, OpenQuoteMistake(text, *quote)});
  return true;
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const YamlMember& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string YamlNode::Describe() const {
  switch (kind) {
    case Kind::kNull: return "nothing";
    case Kind::kList: return "a list";
    case Kind::kMap: return "a map";
    case Kind::kScalar: break;
  }
  if (text.size() <= 60) return "'" + text + "'";
  size_t end = 60;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;  // not within a character
  return "'" + text.substr(0, end) + "…'";
}

YamlNode ParseYaml(const std::string& path, std::string_view text, std::vector<Mistake>& mistakes,
                   size_t max_bytes) {
  if (text.size() > max_bytes) {
    mistakes.push_back({path, 0, 0, fmt::format("larger than {} bytes", max_bytes)});
    return {};
  }
  // yaml-cpp puts a replacement character where it cannot read the bytes; we would rather say so.
  if (auto bad = FindBadText(text)) {
    mistakes.push_back({path, bad->line, bad->column, std::move(bad->what)});
    return {};
  }
  const size_t mistakes_before = mistakes.size();
  Builder builder(path, mistakes);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (!builder.stopped() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    // With its last line ended, yaml-cpp lets us see where the scalar begins.
    if (error.msg == YAML::ErrorMsg::EOF_IN_SCALAR && text.back() != '\n') {
      mistakes.erase(mistakes.begin() + static_cast<std::ptrdiff_t>(mistakes_before),
                     mistakes.end());
      return ParseYaml(path, std::string(text) + '\n', mistakes, max_bytes + 1);
    }
    if (RefuseOpenQuote(path, text, builder.last_scalar(), mistakes)) return {};
    const int line = std::max(error.mark.line, 0) + 1;
    if (std::optional<YamlSlip> slip = FindYamlSlip(text, line)) {
      mistakes.push_back({path, slip->line, slip->column, std::move(slip->what)});
    } else {
      mistakes.push_back(
          {path, line, std::max(error.mark.column, 0) + 1, "not YAML: " + error.msg});
    }
    return {};
  }
  if (RefuseOpenQuote(path, text, builder.last_scalar(), mistakes)) return {};
  return builder.TakeRoot();
}

}  // namespace forewarn
