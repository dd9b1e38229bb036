#include "collector/ingest_service.h"

#include <fmt/format.h>
#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/record.h"
#include "collector/rpc.h"
#include "collector/shard.h"
#include "collector/wire.h"
#include "forewarn/v1/ingest.grpc.pb.h"
#include "model/ids.h"

namespace forewarn {
namespace {

// What a probe is told to wait when its shard's queue is full, and how often we try again
// meanwhile.
constexpr Duration kSlowDown = 500ms;
constexpr std::chrono::milliseconds kTryAgain{50};

// What all streams share; fixed after construction.
struct Intake {
  EntrySink& sink;
  Metrics& metrics;
  const Clock& clock;
  const LimitSettings limits;

  Submission Hello(const HelloCommand& hello) const {
    Submission submission;
    submission.entry = {PartitionOf(hello.source.customer), clock.Now(), hello.source.probe,
                        Command(hello)};
    return submission;
  }
  // `rounds_ahead`: how many of its rounds were left out.
  Submission Take(Batch batch, uint64_t& rounds_ahead) const {
    Submission submission;
    submission.entry.partition = PartitionOf(batch.source.customer);
    submission.entry.arrival = clock.Now();
    rounds_ahead = LeaveOutRoundsAhead(batch, submission.entry.arrival, limits);
    submission.entry.actor = batch.source.probe;
    submission.entry.what = std::move(batch);
    return submission;
  }
  v1::Welcome Welcome(const HelloCommand& hello, const HelloReply& reply) const {
    v1::Welcome welcome;
    welcome.set_clock_ms(ToMillis(clock.Now()));
    welcome.set_clock_offset_ms(hello.clock_offset.count());
    welcome.set_epoch(reply.epoch);
    welcome.set_sequence(reply.sequence);
    welcome.set_max_in_flight(static_cast<uint32_t>(limits.max_in_flight));
    welcome.set_max_batch_bytes(static_cast<uint64_t>(limits.max_batch_size));
    return welcome;
  }
  // Counts a batch that cannot be taken, and says so in the log.
  void Refuse(const ProbeIdentity& probe, const Status& why) const {
    metrics.BatchDone(Metrics::BatchResult::kRefused);
    FW_LOG(kWarn, "ingest.rejected",
           {{"customer", probe.customer}, {"probe", probe.probe}, {"reason", why.message()}});
  }
  Status CheckSize(size_t bytes) const {
    if (std::cmp_less_equal(bytes, limits.max_batch_size)) return OkStatus();
    return ResourceExhausted(
        fmt::format("the batch has {} bytes, above the limit of {}; send smaller batches, or raise "
                    "limits.max_batch_size",
                    bytes, limits.max_batch_size));
  }
};

// What was left out of the batches that one ack covers.
class RefusalSum {
 public:
  void Add(const BatchReply& reply, uint64_t rounds_ahead) {
    rounds_ahead_ += rounds_ahead;
    sum_.too_old += reply.too_old;
    sum_.too_new += reply.too_new;
    sum_.duplicate += reply.duplicate;
    sum_.series_limit += reply.series_limit;
  }
  // Writes what there is into the ack, and starts again from nothing.
  void MoveTo(const LimitSettings& limits, v1::Ack& ack) {
    Write("too_old", sum_.too_old, ack, [&] {
      return fmt::format(
          "older than {} h; raise limits.accepted_age",
          std::chrono::duration_cast<std::chrono::hours>(limits.accepted_age).count());
    });
    Write("too_new", sum_.too_new, ack, [&] {
      return fmt::format(
          "more than {} s ahead; set the probe's clock, or raise limits.accepted_future",
          std::chrono::duration_cast<std::chrono::seconds>(limits.accepted_future).count());
    });
    Write("too_new", rounds_ahead_, ack, [&] {
      return fmt::format(
          "rounds that end more than {} s ahead, which were not evaluated; set the probe's clock, "
          "or raise limits.accepted_future",
          std::chrono::duration_cast<std::chrono::seconds>(limits.accepted_future).count());
    });
    Write("duplicate", sum_.duplicate, ack,
          [] { return "the series has a sample with this time; the first one wins"; });
    Write("series_limit", sum_.series_limit, ack, [&] {
      return fmt::format(
          "more than {} series of this probe, or {} of this customer; collect less, or raise "
          "limits.series_per_probe or limits.series_per_customer",
          limits.series_per_probe, limits.series_per_customer);
    });
    sum_ = {};
    rounds_ahead_ = 0;
  }

 private:
  template <typename Detail>
  static void Write(const char* reason, uint64_t count, v1::Ack& ack, Detail detail) {
    if (count == 0) return;
    v1::Refusal* refusal = ack.add_refusals();
    refusal->set_reason(reason);
    refusal->set_count(count);
    refusal->set_detail(detail());
  }

  BatchReply sum_;
  uint64_t rounds_ahead_ = 0;
};

// What the metrics hear of a batch that was applied.
void Count(Metrics& metrics, size_t samples, bool repeated, const BatchReply& reply) {
  using Result = Metrics::BatchResult;
  metrics.BatchDone(repeated ? Result::kDuplicate : Result::kApplied);
  if (repeated) return metrics.SamplesDone("duplicate", samples);
  metrics.SamplesDone("too_old", reply.too_old);
  metrics.SamplesDone("too_new", reply.too_new);
  metrics.SamplesDone("duplicate", reply.duplicate);
  metrics.SamplesDone("series_limit", reply.series_limit);
  uint64_t refused = reply.too_old + reply.too_new + reply.duplicate + reply.series_limit;
  metrics.SamplesDone("accepted", samples > refused ? samples - refused : 0);
}

template <typename T>
T DecodeReply(const std::string& reply) {
  StatusOr<T> decoded = DecodeRecord<T>(reply);
  FW_CHECK(decoded.ok());  // our own shard wrote it
  return *decoded;
}

// One stream. Owns itself through `self_` from Start() until gRPC is done with it; callbacks that
// come later (a commit of a stream that has ended) hold it too, and find it finished.
class PushStream final : public grpc::ServerBidiReactor<v1::PushRequest, v1::PushResponse>,
                         public std::enable_shared_from_this<PushStream> {
 public:
  // `context` is gRPC's and lives until OnDone().
  PushStream(const Intake& intake, grpc::CallbackServerContext& context,
             StatusOr<ProbeIdentity> source)
      : intake_(intake), context_(context), source_(std::move(source)) {}

  void Start() {
    intake_.metrics.StreamOpened();
    std::lock_guard lock(mutex_);
    self_ = shared_from_this();
    if (!source_.ok()) end_ = source_.status();
    Pump();
  }

  // The stream takes nothing more, sends the acks of what it took, and ends with `status`.
  void End(const Status& status) {
    std::lock_guard lock(mutex_);
    EndLocked(status);
    Pump();
  }

  void OnReadDone(bool ok) override {
    // Reads follow each other, so what they alone use needs no lock: the request and the batch
    // reader.
    Status outcome;
    std::optional<Submission> submission;
    if (ok) outcome = Receive(submission);
    std::lock_guard lock(mutex_);
    reading_ = false;
    if (!ok) {
      EndLocked(OkStatus());
    } else if (!outcome.ok()) {
      intake_.Refuse(*source_, outcome);
      if (request_.has_batch() && reader_) {
        RefuseLocked(request_.batch().epoch(), request_.batch().sequence(), outcome);
      } else {
        EndLocked(outcome);
      }
    } else if (!finished_ && !end_) {
      held_ = std::move(submission);
      if (!HandOver()) {
        intake_.metrics.SenderSlowedDown();
        delay_ = kSlowDown;
        ack_due_ = true;
        TryAgainLater();
      }
    }
    Pump();
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
    Pump();
  }

  void OnCancel() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    held_.reset();
    Pump();
  }

  void OnDone() override {
    intake_.metrics.StreamClosed();
    std::shared_ptr<PushStream> self;  // the last owner goes after the lock
    std::lock_guard lock(mutex_);
    self = std::move(self_);
  }

 private:
  // Turns the request into a submission.
  Status Receive(std::optional<Submission>& submission) {
    FW_RETURN_IF_ERROR(intake_.CheckSize(request_.ByteSizeLong()));
    if (!reader_) {
      if (!request_.has_hello()) {
        return InvalidArgument("the first request of a stream must be a hello");
      }
      FW_ASSIGN_OR_RETURN(HelloCommand hello,
                          ReadHello(request_.hello(), *source_, intake_.clock.Now()));
      reader_.emplace(*source_, hello.host, intake_.limits);
      submission = intake_.Hello(hello);
      submission->done = [self = shared_from_this(), hello](const Status& outcome,
                                                            const std::string& reply) {
        self->HelloDone(hello, outcome, reply);
      };
      return OkStatus();
    }
    if (!request_.has_batch()) {
      return InvalidArgument("after the hello, every request of a stream must be a batch");
    }
    FW_ASSIGN_OR_RETURN(Batch batch, reader_->Read(request_.batch()));
    size_t samples = batch.samples.size();
    uint64_t epoch = batch.epoch;
    uint64_t sequence = batch.sequence;
    for (const Gap& gap : batch.gaps) intake_.metrics.GapDeclared(gap.to - gap.from);
    uint64_t rounds_ahead = 0;
    submission = intake_.Take(std::move(batch), rounds_ahead);
    submission->done = [self = shared_from_this(), epoch, sequence, samples, rounds_ahead](
                           const Status& outcome, const std::string& reply) {
      self->BatchDone(epoch, sequence, samples, rounds_ahead, outcome, reply);
    };
    return OkStatus();
  }

  // On the committer's thread.
  void HelloDone(const HelloCommand& hello, const Status& outcome, const std::string& reply) {
    std::lock_guard lock(mutex_);
    --in_flight_;
    if (outcome.ok()) {
      auto known = DecodeReply<HelloReply>(reply);
      acked_epoch_ = known.epoch;
      acked_sequence_ = known.sequence;
      welcome_ = intake_.Welcome(hello, known);
    } else {
      EndLocked(outcome);
    }
    Pump();
  }

  // On the committer's thread.
  void BatchDone(uint64_t epoch, uint64_t sequence, size_t samples, uint64_t rounds_ahead,
                 const Status& outcome, const std::string& reply) {
    std::lock_guard lock(mutex_);
    --in_flight_;
    if (outcome.ok()) {
      auto refused = DecodeReply<BatchReply>(reply);
      bool repeated = epoch == acked_epoch_ && sequence <= acked_sequence_;
      Count(intake_.metrics, samples, repeated, refused);
      refusals_.Add(refused, repeated ? 0 : rounds_ahead);
      if (!repeated) {
        acked_epoch_ = epoch;
        acked_sequence_ = sequence;
      }
      ack_due_ = true;
    } else {
      intake_.Refuse(*source_, outcome);
      RefuseLocked(epoch, sequence, outcome);
    }
    Pump();
  }

  // --- all that follows is called with the mutex held ---

  void EndLocked(const Status& status) {
    if (!end_) end_ = status;  // the first reason is the one that counts
    held_.reset();
  }

  // Ends the stream for what is wrong with one batch, which the trailer names: the probe drops that one and no other.
  void RefuseLocked(uint64_t epoch, uint64_t sequence, const Status& why) {
    bool of_the_batch =
        why.code() == Code::kInvalidArgument || why.code() == Code::kResourceExhausted;
    if (!end_ && of_the_batch) refused_ = fmt::format("{}/{}", epoch, sequence);
    EndLocked(why);
  }

  // Submits what is held. False when there is no room for it.
  bool HandOver() {
    if (!intake_.sink.Submit(*held_)) return false;
    held_.reset();
    ++in_flight_;
    return true;
  }

  void TryAgainLater() {
    // A new one each time: an alarm must not be set from its own callback. It is ours, so that its
    // callback must not own us: neither would ever end.
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(std::chrono::system_clock::now() + kTryAgain, [weak = weak_from_this()](bool) {
      if (std::shared_ptr<PushStream> self = weak.lock()) self->TryAgain();
    });
  }

  void TryAgain() {
    std::lock_guard lock(mutex_);
    if (held_ && !finished_ && !HandOver()) TryAgainLater();
    Pump();
  }

  // Starts whatever may start now: at most one write, at most one read, and the end once.
  void Pump() {
    if (finished_) return;
    if (!writing_) {
      if (cancelled_) return FinishWith(Cancelled("the probe hung up"));
      if (welcome_) {
        *response_.mutable_welcome() = *std::move(welcome_);
        welcome_.reset();
        welcomed_ = true;
        writing_ = true;
        StartWrite(&response_);
      } else if (ack_due_ && welcomed_) {
        WriteAck();
      } else if (end_ && in_flight_ == 0) {
        return FinishWith(*end_);
      }
    }
    // Before the welcome there is only the hello.
    bool room = welcomed_ ? in_flight_ < intake_.limits.max_in_flight : in_flight_ == 0;
    if (!reading_ && !end_ && !held_ && !cancelled_ && room) {
      reading_ = true;
      StartRead(&request_);
    }
  }

  void WriteAck() {
    v1::Ack* ack = response_.mutable_ack();
    ack->Clear();
    ack->set_epoch(acked_epoch_);
    ack->set_sequence(acked_sequence_);
    if (delay_ > Duration(0)) {
      ack->set_delay_ms(delay_.count());
      ack->set_max_in_flight(1);
      delay_ = Duration(0);
    }
    refusals_.MoveTo(intake_.limits, *ack);
    ack_due_ = false;
    writing_ = true;
    StartWrite(&response_);
  }

  void FinishWith(const Status& status) {
    finished_ = true;
    held_.reset();
    if (refused_) context_.AddTrailingMetadata("forewarn-refused", *refused_);
    Finish(ToRpc(status));
  }

  const Intake& intake_;
  grpc::CallbackServerContext& context_;
  const StatusOr<ProbeIdentity> source_;

  // The read's own.
  v1::PushRequest request_;
  std::optional<BatchReader> reader_;

  // gRPC's threads and the committer's meet here and neither may wait for the other's work; a queue
  // between them would need a thread to empty it. Held for the few assignments of a step only.
  std::mutex mutex_;
  std::shared_ptr<PushStream> self_;
  v1::PushResponse response_;  // the write's while writing_
  bool reading_ = false;
  bool writing_ = false;
  bool welcomed_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
  std::optional<Status> end_;           // how it ends, once what is under way has been acknowledged
  std::optional<std::string> refused_;  // the batch that is the reason, as the trailer names it
  std::optional<v1::Welcome> welcome_;  // to be sent
  std::optional<Submission> held_;      // found no room yet
  std::unique_ptr<grpc::Alarm> alarm_;
  int64_t in_flight_ = 0;  // submitted, not yet durable
  uint64_t acked_epoch_ = 0;
  uint64_t acked_sequence_ = 0;
  bool ack_due_ = false;
  Duration delay_{0};
  RefusalSum refusals_;
};

}  // namespace

struct IngestService::Impl final : public v1::IngestService::CallbackService {
  Impl(EntrySink& sink, Metrics& metrics, const Clock& clock, const LimitSettings& limits)
      : intake{sink, metrics, clock, limits} {}

  grpc::ServerBidiReactor<v1::PushRequest, v1::PushResponse>* Push(
      grpc::CallbackServerContext* context) override {
    StatusOr<ProbeIdentity> source = PeerProbe(*context);
    auto stream = std::make_shared<PushStream>(intake, *context, source);
    stream->Start();
    if (!source.ok()) return stream.get();  // has ended already
    bool turned_away = false;
    std::shared_ptr<PushStream> older;
    {
      std::lock_guard lock(mutex);
      turned_away = draining;
      // Those that have ended are forgotten on the way, so that the list stays as long as there are
      // streams.
      std::erase_if(streams, [](const auto& each) { return each.second.expired(); });
      // One stream a probe: what a stream may have under way is then what a probe may, and a second writer
      // that was given the same certificate does not go unnoticed.
      std::weak_ptr<PushStream>& place = streams[*source];
      older = place.lock();
      place = stream;
    }
    if (older) older->End(Unavailable("a newer stream of this probe took over"));
    if (turned_away) stream->End(Stopping());
    return stream.get();
  }

  grpc::ServerUnaryReactor* PushOnce(grpc::CallbackServerContext* context,
                                     const v1::PushOnceRequest* request,
                                     v1::PushResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    StatusOr<ProbeIdentity> source = PeerProbe(*context);
    Status outcome =
        source.ok() ? TakeOnce(*source, *request, *response, reactor) : source.status();
    if (!outcome.ok()) reactor->Finish(ToRpc(outcome));
    return reactor;
  }

  // On success the reactor is finished when the batch is durable; on failure it is left to the
  // caller.
  Status TakeOnce(const ProbeIdentity& source, const v1::PushOnceRequest& request,
                  v1::PushResponse& response, grpc::ServerUnaryReactor* reactor) {
    Status size = intake.CheckSize(request.ByteSizeLong());
    if (!size.ok()) {
      intake.Refuse(source, size);
      return size;
    }
    FW_ASSIGN_OR_RETURN(HelloCommand hello, ReadHello(request.hello(), source, intake.clock.Now()));
    StatusOr<Batch> batch = BatchReader(source, hello.host, intake.limits).Read(request.batch());
    if (!batch.ok()) {
      intake.Refuse(source, batch.status());
      return batch.status();
    }
    for (const Gap& gap : batch->gaps) intake.metrics.GapDeclared(gap.to - gap.from);
    size_t samples = batch->samples.size();
    v1::Ack* ack = response.mutable_ack();
    ack->set_epoch(batch->epoch);
    ack->set_sequence(batch->sequence);

    // Both go to the same shard in this order, so the batch's outcome comes after the hello's.
    Submission first = intake.Hello(hello);
    first.done = [](const Status&, const std::string&) {};
    uint64_t rounds_ahead = 0;
    Submission second = intake.Take(*std::move(batch), rounds_ahead);
    second.done = [this, source, samples, rounds_ahead, ack, reactor](const Status& outcome,
                                                                      const std::string& reply) {
      if (outcome.ok()) {
        auto refused = DecodeReply<BatchReply>(reply);
        Count(intake.metrics, samples, false, refused);
        RefusalSum sum;
        sum.Add(refused, rounds_ahead);
        sum.MoveTo(intake.limits, *ack);
      } else {
        intake.Refuse(source, outcome);
      }
      reactor->Finish(ToRpc(outcome));
    };
    if (intake.sink.Submit(first) && intake.sink.Submit(second)) return OkStatus();
    intake.metrics.SenderSlowedDown();
    return Unavailable("the collector is stopping or too busy; wait and send again");
  }

  static Status Stopping() {
    return Unavailable(
        "the collector is stopping; reconnect and send again what was not acknowledged");
  }

  void Drain() {
    std::map<ProbeIdentity, std::weak_ptr<PushStream>> all;
    {
      std::lock_guard lock(mutex);
      draining = true;
      all.swap(streams);
    }
    for (auto& [probe, weak] : all) {
      if (std::shared_ptr<PushStream> stream = weak.lock()) stream->End(Stopping());
    }
  }

  const Intake intake;

  // gRPC's threads open streams; the thread that stops the process ends them.
  std::mutex mutex;
  std::map<ProbeIdentity, std::weak_ptr<PushStream>> streams;
  bool draining = false;
};

IngestService::IngestService(EntrySink& sink, Metrics& metrics, const Clock& clock,
                             const LimitSettings& limits)
    : impl_(std::make_unique<Impl>(sink, metrics, clock, limits)) {}
IngestService::~IngestService() = default;

grpc::Service& IngestService::service() { return *impl_; }
void IngestService::Drain() { impl_->Drain(); }

}  // namespace forewarn
