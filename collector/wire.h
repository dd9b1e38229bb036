#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fingerprint.h"
#include "base/status.h"
#include "base/time.h"
#include "config/collector_settings.h"
#include "model/entry.h"
#include "model/stream_codec.h"
#include "model/telemetry.h"

namespace forewarn::v1 {
class Batch;
class Hello;
}  // namespace forewarn::v1

namespace forewarn {

// Reads a Hello. kInvalidArgument names the field. `now` is arrival time.
StatusOr<HelloCommand> ReadHello(const v1::Hello& hello, const ProbeIdentity& source,
                                 Timestamp now);

// BatchReader turns the batches of one stream into the model's: it remembers the series that the stream has
// named, attaches who sent it, and checks everything, so that the fold need not. One for a stream; not
// thread-safe. Bad input is refused as a whole, never mended:
//   kInvalidArgument     breaks a rule of ingest.proto; the message names the field
//   kResourceExhausted   passes a limit; the message names the field, its size, the limit and the remedy
// After a failure the reader must not be used again, since the stream has ended.
class BatchReader {
 public:
  // `host` becomes the label `instance`.
  BatchReader(ProbeIdentity source, std::string host, const LimitSettings& limits);

  StatusOr<Batch> Read(const v1::Batch& in);

 private:
  Status ReadSeries(const v1::Batch& in, SampleBlock& out);
  Status ReadSamples(const v1::Batch& in, SampleBlock& out);
  Status ReadColumns(const v1::Batch& in, SampleBlock& out) const;
  Status ReadItems(const v1::Batch& in, Batch& out) const;

  const ProbeIdentity source_;
  const LimitSettings limits_;
  const std::vector<Labels::Pair> identity_labels_;

  // What the stream has named, by reference: enough to see whether a number is bound again to the same labels.
  // The labels themselves travel with the batch that names them.
  std::vector<Fingerprint> named_;
  int64_t named_bytes_ = 0;  // of all their labels
  const std::shared_ptr<const SeriesStream> stream_ = std::make_shared<const SeriesStream>();
  StreamDecoder decoder_;
};

// Takes the rounds out that end beyond `arrival` + limits.accepted_future, as the head does with samples, and
// returns how many. The end of a round is what the rules take for the present: one far ahead would make all
// that comes after it look old.
uint64_t LeaveOutRoundsAhead(Batch& batch, Timestamp arrival, const LimitSettings& limits);

}  // namespace forewarn
