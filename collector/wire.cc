#include "collector/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/series_labels.h"
#include "forewarn/v1/ingest.pb.h"

namespace forewarn {
namespace {

constexpr int64_t kMaxTimeMs = 253'402'300'799'999;  // the last millisecond of the year 9999
constexpr int64_t kMaxIntervalMs = 31LL * 24 * 3600 * 1000;
constexpr size_t kMaxNameBytes = 256;
// A probe ends a round every few seconds and sends a batch soon after; each round is an evaluation of all rules.
constexpr int kMaxRounds = 1000;
// On average; a label alone may have more. What a probe names is kept in memory and for ever.
constexpr int64_t kLabelBytesPerSeries = 1024;

// Where in the request something is, for messages: `events[3].message`.
std::string At(std::string_view list, int index, std::string_view field) {
  return fmt::format("{}[{}].{}", list, index, field);
}

Status CheckTime(int64_t ms, const std::string& where) {
  if (ms >= 0 && ms <= kMaxTimeMs) return OkStatus();
  return InvalidArgument(fmt::format(
      "{}: {} is not a time in milliseconds since 1970; check the probe's clock", where, ms));
}

Status CheckText(const std::string& text, size_t limit, const std::string& where) {
  if (text.size() <= limit) return OkStatus();
  return ResourceExhausted(fmt::format(
      "{}: {} bytes, above the limit of {}; shorten it at the source, or raise limits.event_size",
      where, text.size(), limit));
}

// Names and what is as short as one; the limit is fixed.
Status CheckShort(const std::string& name, const std::string& where) {
  if (name.size() <= kMaxNameBytes) return OkStatus();
  return ResourceExhausted(
      fmt::format("{}: {} bytes, above the limit of {} for names; shorten it at the source", where,
                  name.size(), kMaxNameBytes));
}

Status CheckName(const std::string& name, const std::string& where) {
  if (name.empty()) return InvalidArgument(where + ": empty");
  return CheckShort(name, where);
}

Status CheckCount(int64_t count, int64_t limit, std::string_view what, std::string_view remedy) {
  if (count <= limit) return OkStatus();
  return ResourceExhausted(
      fmt::format("{}: {}, above the limit of {}; {}", what, count, limit, remedy));
}

StatusOr<Severity> ReadSeverity(v1::Severity in, const std::string& where) {
  switch (in) {
    case v1::SEVERITY_INFO: return Severity::kInfo;
    case v1::SEVERITY_WARNING: return Severity::kWarning;
    case v1::SEVERITY_ERROR: return Severity::kError;
    case v1::SEVERITY_CRITICAL: return Severity::kCritical;
    default:
      return InvalidArgument(fmt::format("{}: no severity has the number {}", where, int{in}));
  }
}

StatusOr<Verdict> ReadVerdict(v1::Verdict in, const std::string& where) {
  switch (in) {
    case v1::VERDICT_PASSING: return Verdict::kPassing;
    case v1::VERDICT_WARNING: return Verdict::kWarning;
    case v1::VERDICT_FAILING: return Verdict::kFailing;
    default:
      return InvalidArgument(fmt::format("{}: no verdict has the number {}", where, int{in}));
  }
}

StatusOr<Event> ReadEvent(const v1::Event& in, int index, const LimitSettings& limits) {
  FW_RETURN_IF_ERROR(CheckTime(in.at_ms(), At("events", index, "at_ms")));
  FW_RETURN_IF_ERROR(CheckTime(in.last_at_ms(), At("events", index, "last_at_ms")));
  if (in.last_at_ms() < in.at_ms()) {
    return InvalidArgument(At("events", index, "last_at_ms") + ": before at_ms");
  }
  if (in.count() == 0) return InvalidArgument(At("events", index, "count") + ": 0");
  FW_RETURN_IF_ERROR(CheckName(in.source(), At("events", index, "source")));
  FW_RETURN_IF_ERROR(CheckShort(in.code(), At("events", index, "code")));
  size_t size = in.message().size() + in.template_text().size();
  for (const v1::Attribute& attribute : in.attributes()) {
    size += attribute.name().size() + attribute.value().size();
  }
  if (std::cmp_greater(size, limits.event_size)) {
    return ResourceExhausted(
        fmt::format("events[{}]: message and attributes have {} bytes, above the limit of {}; "
                    "shorten them at the "
                    "source, or raise limits.event_size",
                    index, size, limits.event_size));
  }
  FW_RETURN_IF_ERROR(CheckCount(in.attributes_size(), limits.labels_per_series,
                                At("events", index, "attributes"), "drop some at the source"));
  Event event;
  FW_ASSIGN_OR_RETURN(event.severity, ReadSeverity(in.severity(), At("events", index, "severity")));
  for (const v1::Attribute& attribute : in.attributes()) {
    FW_RETURN_IF_ERROR(CheckName(attribute.name(), At("events", index, "attributes")));
    event.attributes.emplace_back(attribute.name(), attribute.value());
  }
  event.at = FromMillis(in.at_ms());
  event.last_at = FromMillis(in.last_at_ms());
  event.count = in.count();
  event.source = in.source();
  event.code = in.code();
  event.message = in.message();
  event.template_text = in.template_text();
  return event;
}

StatusOr<Check> ReadCheck(const v1::Check& in, int index, const LimitSettings& limits) {
  FW_RETURN_IF_ERROR(CheckTime(in.at_ms(), At("checks", index, "at_ms")));
  FW_RETURN_IF_ERROR(CheckName(in.name(), At("checks", index, "name")));
  FW_RETURN_IF_ERROR(CheckText(in.message(), static_cast<size_t>(limits.event_size),
                               At("checks", index, "message")));
  if (in.took_ms() < 0) return InvalidArgument(At("checks", index, "took_ms") + ": negative");
  FW_ASSIGN_OR_RETURN(Verdict verdict, ReadVerdict(in.verdict(), At("checks", index, "verdict")));
  return Check{FromMillis(in.at_ms()), in.name(), verdict, in.message(), Duration(in.took_ms())};
}

StatusOr<Fact> ReadFact(const v1::Fact& in, int index, const LimitSettings& limits) {
  FW_RETURN_IF_ERROR(CheckTime(in.at_ms(), At("facts", index, "at_ms")));
  FW_RETURN_IF_ERROR(CheckName(in.name(), At("facts", index, "name")));
  FW_RETURN_IF_ERROR(
      CheckText(in.value(), static_cast<size_t>(limits.event_size), At("facts", index, "value")));
  return Fact{FromMillis(in.at_ms()), in.name(), in.value()};
}

StatusOr<Change> ReadChange(const v1::Change& in, int index, const LimitSettings& limits) {
  auto limit = static_cast<size_t>(limits.event_size);
  FW_RETURN_IF_ERROR(CheckTime(in.at_ms(), At("changes", index, "at_ms")));
  FW_RETURN_IF_ERROR(CheckName(in.name(), At("changes", index, "name")));
  FW_RETURN_IF_ERROR(CheckText(in.before(), limit, At("changes", index, "before")));
  FW_RETURN_IF_ERROR(CheckText(in.after(), limit, At("changes", index, "after")));
  return Change{FromMillis(in.at_ms()), in.name(), in.before(), in.after()};
}

StatusOr<Gap> ReadGap(const v1::Gap& in, int index, const LimitSettings&) {
  FW_RETURN_IF_ERROR(CheckName(in.kind(), At("gaps", index, "kind")));
  FW_RETURN_IF_ERROR(CheckName(in.reason(), At("gaps", index, "reason")));
  FW_RETURN_IF_ERROR(CheckTime(in.from_ms(), At("gaps", index, "from_ms")));
  FW_RETURN_IF_ERROR(CheckTime(in.to_ms(), At("gaps", index, "to_ms")));
  if (in.to_ms() < in.from_ms()) {
    return InvalidArgument(At("gaps", index, "to_ms") + ": before from_ms");
  }
  return Gap{in.kind(), in.reason(), in.count(), FromMillis(in.from_ms()), FromMillis(in.to_ms())};
}

StatusOr<Round> ReadRound(const v1::Round& in, int index, const LimitSettings&) {
  FW_RETURN_IF_ERROR(CheckTime(in.end_ms(), At("rounds", index, "end_ms")));
  if (in.interval_ms() < 0 || in.interval_ms() > kMaxIntervalMs) {
    return InvalidArgument(fmt::format("{}: {} is not between 0 and 31 days",
                                       At("rounds", index, "interval_ms"), in.interval_ms()));
  }
  if (in.clock_offset_ms() < -kMaxTimeMs || in.clock_offset_ms() > kMaxTimeMs) {
    return InvalidArgument(fmt::format("{}: {} is not a distance between two clocks",
                                       At("rounds", index, "clock_offset_ms"),
                                       in.clock_offset_ms()));
  }
  return Round{FromMillis(in.end_ms()), Duration(in.interval_ms()), Duration(in.clock_offset_ms())};
}

// Reads each element of a list with `read`. How many there may be is bounded by the size of a
// request.
template <typename In, typename Out>
Status ReadAll(const google::protobuf::RepeatedPtrField<In>& in,
               StatusOr<Out> (*read)(const In&, int, const LimitSettings&),
               const LimitSettings& limits, std::vector<Out>& out) {
  out.reserve(static_cast<size_t>(in.size()));
  for (int i = 0; i < in.size(); ++i) {
    FW_ASSIGN_OR_RETURN(Out element, read(in[i], i, limits));
    out.push_back(std::move(element));
  }
  return OkStatus();
}

}  // namespace

StatusOr<HelloCommand> ReadHello(const v1::Hello& hello, const ProbeIdentity& source,
                                 Timestamp now) {
  FW_RETURN_IF_ERROR(CheckTime(hello.clock_ms(), "hello.clock_ms"));
  FW_RETURN_IF_ERROR(CheckName(hello.host(), "hello.host"));
  FW_RETURN_IF_ERROR(CheckShort(hello.version(), "hello.version"));
  return HelloCommand{source, hello.host(), hello.version(), FromMillis(hello.clock_ms()) - now};
}

BatchReader::BatchReader(ProbeIdentity source, std::string host, const LimitSettings& limits)
    : source_(std::move(source)),
      limits_(limits),
      identity_labels_({{"customer", source_.customer},
                        {"installation", source_.installation},
                        {"instance", std::move(host)},
                        {"job", "node"},
                        {"probe", source_.probe}}) {}

StatusOr<Batch> BatchReader::Read(const v1::Batch& in) {
  if (in.epoch() == 0)
    return InvalidArgument("epoch: 0; an epoch is the time its spool was created");
  if (in.sequence() == 0) return InvalidArgument("sequence: 0; the first batch of an epoch is 1");
  Batch out;
  out.source = source_;
  out.epoch = in.epoch();
  out.sequence = in.sequence();
  Status outcome = ReadSeries(in, out.samples);
  if (outcome.ok()) outcome = ReadSamples(in, out.samples);
  if (outcome.ok()) outcome = ReadItems(in, out);
  if (!outcome.ok()) {
    return outcome.With(fmt::format("batch {} of epoch {}", in.sequence(), in.epoch()));
  }
  return out;
}

Status BatchReader::ReadSeries(const v1::Batch& in, SampleBlock& out) {
  out.stream = stream_;
  out.first_ref = static_cast<uint32_t>(named_.size());
  if (in.series_size() == 0) return OkStatus();
  auto table = std::make_shared<SeriesTable>();
  table->series.reserve(static_cast<size_t>(in.series_size()));
  int64_t again_bytes = 0;
  for (int i = 0; i < in.series_size(); ++i) {
    const v1::SeriesDefinition& definition = in.series(i);
    FW_ASSIGN_OR_RETURN(Labels labels, ReadSeriesLabels(in, i, identity_labels_, limits_));
    const Fingerprint fingerprint = Fingerprint::Of(labels.bytes());
    // Those named again count within their batch alone, in which a few bytes of label_refs may stand for many.
    const auto bytes = static_cast<int64_t>(labels.bytes().size());
    const bool is_new = definition.ref() >= named_.size();
    (is_new ? named_bytes_ : again_bytes) += bytes;
    if (named_bytes_ + again_bytes > limits_.series_per_probe * kLabelBytesPerSeries) {
      return ResourceExhausted(fmt::format(
          "series: labels of {} bytes on one stream, above the limit of {} ({} for each of "
          "limits.series_per_probe = {}); shorten them at the source",
          named_bytes_ + again_bytes, limits_.series_per_probe * kLabelBytesPerSeries,
          kLabelBytesPerSeries, limits_.series_per_probe));
    }
    if (!is_new) {
      if (named_[definition.ref()] == fingerprint) continue;
      return InvalidArgument(fmt::format("{}: {} is bound to other labels than {} already",
                                         At("series", i, "ref"), definition.ref(),
                                         labels.ToString()));
    }
    if (definition.ref() > named_.size()) {
      return InvalidArgument(fmt::format("{}: {}, but references are 0, 1, 2, … and the next is {}",
                                         At("series", i, "ref"), definition.ref(), named_.size()));
    }
    if (std::cmp_greater_equal(named_.size(), limits_.series_per_probe)) {
      return ResourceExhausted(
          fmt::format("series: more than {} on one stream; collect less at the probe, or raise "
                      "limits.series_per_probe",
                      limits_.series_per_probe));
    }
    named_.push_back(fingerprint);
    table->series.push_back(std::move(labels));
  }
  if (!table->series.empty()) out.table = std::move(table);
  return OkStatus();
}

Status BatchReader::ReadSamples(const v1::Batch& in, SampleBlock& out) {
  if (!in.packed_samples().empty()) {
    FW_RETURN_IF_ERROR(decoder_.Decode(in.packed_samples(), named_.size(), out));
  }
  return ReadColumns(in, out);
}

Status BatchReader::ReadColumns(const v1::Batch& in, SampleBlock& out) const {
  int64_t total = 0;
  for (int i = 0; i < in.samples_size(); ++i) {
    const v1::SampleColumns& columns = in.samples(i);
    if (columns.refs_size() != columns.times_ms_size() ||
        columns.refs_size() != columns.values_size()) {
      return InvalidArgument(fmt::format(
          "samples[{}]: columns of {} refs, {} times and {} values; they must be equally long", i,
          columns.refs_size(), columns.times_ms_size(), columns.values_size()));
    }
    total += columns.refs_size();
  }
  if (total == 0) return OkStatus();

  size_t size = out.size() + static_cast<size_t>(total);
  out.refs.reserve(size);
  out.times.reserve(size);
  out.values.reserve(size);
  const auto known = static_cast<int64_t>(named_.size());
  for (int c = 0; c < in.samples_size(); ++c) {
    const v1::SampleColumns& columns = in.samples(c);
    int64_t ref = 0;
    int64_t time = 0;
    for (int i = 0; i < columns.refs_size(); ++i) {
      // In range after each step, so a sum with a 32-bit difference cannot overflow; times can.
      ref += columns.refs(i);
      if (ref < 0 || ref >= known) {
        return InvalidArgument(fmt::format(
            "samples[{}].refs[{}]: {} was never defined on this stream, which has named {} series",
            c, i, ref, known));
      }
      if (__builtin_add_overflow(time, columns.times_ms(i), &time) || time < 0 ||
          time > kMaxTimeMs) {
        return InvalidArgument(fmt::format(
            "samples[{}].times_ms[{}]: the sum is not a time in milliseconds since 1970", c, i));
      }
      out.refs.push_back(static_cast<uint32_t>(ref));
      out.times.push_back(FromMillis(time));
    }
    out.values.insert(out.values.end(), columns.values().begin(), columns.values().end());
  }
  return OkStatus();
}

Status BatchReader::ReadItems(const v1::Batch& in, Batch& out) const {
  FW_RETURN_IF_ERROR(ReadAll(in.events(), ReadEvent, limits_, out.events));
  FW_RETURN_IF_ERROR(ReadAll(in.checks(), ReadCheck, limits_, out.checks));
  FW_RETURN_IF_ERROR(ReadAll(in.facts(), ReadFact, limits_, out.facts));
  FW_RETURN_IF_ERROR(ReadAll(in.changes(), ReadChange, limits_, out.changes));
  FW_RETURN_IF_ERROR(ReadAll(in.gaps(), ReadGap, limits_, out.gaps));
  if (in.rounds_size() > kMaxRounds) {
    return InvalidArgument(
        fmt::format("rounds: {}, above the limit of {} in one batch; send them in several",
                    in.rounds_size(), kMaxRounds));
  }
  FW_RETURN_IF_ERROR(ReadAll(in.rounds(), ReadRound, limits_, out.rounds));
  for (size_t i = 1; i < out.rounds.size(); ++i) {
    if (out.rounds[i].end < out.rounds[i - 1].end) {
      return InvalidArgument(At("rounds", static_cast<int>(i), "end_ms") +
                             ": before that of the round before it");
    }
  }
  return OkStatus();
}

uint64_t LeaveOutRoundsAhead(Batch& batch, Timestamp arrival, const LimitSettings& limits) {
  return std::erase_if(batch.rounds, [latest = arrival + limits.accepted_future](
                                         const Round& round) { return round.end > latest; });
}

}  // namespace forewarn
