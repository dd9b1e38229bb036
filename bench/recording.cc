#include "bench/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include "base/file.h"

namespace forewarn::bench {
namespace {

constexpr size_t kMaxBytes = size_t{4} << 30;

static_assert(std::endian::native == std::endian::little, "rounds.bin is copied as it lies");

StatusOr<Labels> ParseSeries(std::string_view line) {
  std::vector<std::string> words;
  for (size_t begin = 0;;) {
    size_t end = std::min(line.find('\t', begin), line.size());
    words.emplace_back(line.substr(begin, end - begin));
    if (end == line.size()) break;
    begin = end + 1;
  }
  if (words.size() % 2 != 0) return InvalidArgument("a label has a name and no value");
  std::set<std::string> names;
  std::vector<Labels::Pair> pairs;
  for (size_t i = 0; i < words.size(); i += 2) {
    if (!IsLabelName(words[i])) {
      return InvalidArgument(fmt::format("'{}' is no label name", words[i]));
    }
    if (!names.insert(words[i]).second) {
      return InvalidArgument(fmt::format("the label '{}' stands twice", words[i]));
    }
    pairs.emplace_back(words[i], words[i + 1]);
  }
  Labels labels(std::move(pairs));
  if (!IsMetricName(labels.name())) return InvalidArgument("there is no proper __name__");
  return labels;
}

// Takes bytes from the front of a file; false when too few are left.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest), size_(rest.size()) {}

  bool empty() const { return rest_.empty(); }
  size_t offset() const { return size_ - rest_.size(); }

  template <typename T>
  bool Take(T* out, size_t count) {
    if (rest_.size() / sizeof(T) < count) return false;
    if (count > 0) std::memcpy(out, rest_.data(), count * sizeof(T));
    rest_.remove_prefix(count * sizeof(T));
    return true;
  }

 private:
  std::string_view rest_;
  const size_t size_;
};

// Empty, or what is wrong.
std::string TakeRound(Bytes& bytes, size_t series, Timestamp after, Recording::Round& round) {
  int64_t millis = 0;
  uint32_t count = 0;
  if (!bytes.Take(&millis, 1) || !bytes.Take(&count, 1)) return "it ends within a round's head";
  if (count > series) return fmt::format("{} samples of {} series", count, series);
  round.at = FromMillis(millis);
  if (round.at <= after) return "its time is not after that of the round before";
  round.refs.resize(count);
  round.values.resize(count);
  if (!bytes.Take(round.refs.data(), count) || !bytes.Take(round.values.data(), count)) {
    return "it ends within a round's samples";
  }
  for (size_t i = 0; i < count; ++i) {
    if (round.refs[i] >= series) return fmt::format("there is no series {}", round.refs[i]);
    if (i > 0 && round.refs[i] <= round.refs[i - 1]) return "the references do not ascend";
  }
  return {};
}

class RecordedHost : public HostTelemetry {
 public:
  RecordedHost(const Recording& recording, const WorkloadOptions& options, size_t host)
      : recording_(recording), options_(options), instance_(fmt::format("host-{:05}:9100", host)) {}

  size_t series() const override { return recording_.series().size(); }

  Labels LabelsOf(uint32_t ref) const override {
    Labels labels = recording_.series()[ref];
    labels.Set("instance", instance_);
    labels.Set("job", "node");
    return labels;
  }

  bool Next(HostRound& round) override {
    if (given_ == options_.rounds || next_ >= recording_.rounds().size()) return false;
    const Recording::Round& from = recording_.rounds()[next_];
    round.at = options_.start + (from.at - recording_.rounds().front().at);
    round.refs = from.refs;
    round.values = from.values;
    next_ += options_.every;
    ++given_;
    return true;
  }

 private:
  const Recording& recording_;
  const WorkloadOptions options_;
  const std::string instance_;

  size_t next_ = 0;
  size_t given_ = 0;
};

}  // namespace

StatusOr<Recording> Recording::Read(const std::string& folder) {
  Recording recording;
  std::string names_path = folder + "/series.txt";
  FW_ASSIGN_OR_RETURN(std::string names, ReadFile(names_path, kMaxBytes));
  std::string_view rest = names;
  for (size_t line = 1; !rest.empty(); ++line) {
    size_t end = std::min(rest.find('\n'), rest.size());
    StatusOr<Labels> labels = ParseSeries(rest.substr(0, end));
    if (!labels.ok()) return labels.status().With(fmt::format("{}:{}", names_path, line));
    recording.series_.push_back(*std::move(labels));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::string rounds_path = folder + "/rounds.bin";
  FW_ASSIGN_OR_RETURN(std::string rounds, ReadFile(rounds_path, kMaxBytes));
  Timestamp last = Timestamp::min();
  for (Bytes bytes(rounds); !bytes.empty();) {
    Round round;
    size_t begin = bytes.offset();
    std::string wrong = TakeRound(bytes, recording.series_.size(), last, round);
    if (!wrong.empty()) {
      return InvalidArgument(
          fmt::format("{}: the round at byte {}: {}", rounds_path, begin, wrong));
    }
    last = round.at;
    recording.rounds_.push_back(std::move(round));
  }
  if (recording.rounds_.empty()) return InvalidArgument(rounds_path + ": there is no round");
  return recording;
}

std::unique_ptr<HostTelemetry> MakeRecordedHost(const Recording& recording,
                                                const WorkloadOptions& options, size_t host) {
  return std::make_unique<RecordedHost>(recording, options, host);
}

}  // namespace forewarn::bench
