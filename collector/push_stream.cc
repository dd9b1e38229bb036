#include "collector/push_stream.h"

#include <fmt/format.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <chrono>
#include <utility>

#include "collector/rpc.h"

namespace forewarn {
namespace {

// What a probe is told to wait when its shard's queue is full, and how often we try again
// meanwhile.
constexpr Duration kSlowDown = 500ms;
constexpr std::chrono::milliseconds kTryAgain{50};

}  // namespace

PushStream::PushStream(const Intake& intake, grpc::CallbackServerContext& context,
                       StatusOr<ProbeIdentity> source)
    : intake_(intake), context_(context), source_(std::move(source)) {}

void PushStream::Start() {
  intake_.metrics.StreamOpened();
  std::lock_guard lock(mutex_);
  self_ = shared_from_this();
  if (!source_.ok()) end_ = source_.status();
  Pump();
}

void PushStream::End(const Status& status) {
  std::lock_guard lock(mutex_);
  EndLocked(status);
  Pump();
}

void PushStream::OnReadDone(bool ok) {
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

void PushStream::OnWriteDone(bool ok) {
  std::lock_guard lock(mutex_);
  writing_ = false;
  if (!ok) cancelled_ = true;
  Pump();
}

void PushStream::OnCancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  held_.reset();
  Pump();
}

void PushStream::OnDone() {
  intake_.metrics.StreamClosed();
  std::shared_ptr<PushStream> self;  // the last owner goes after the lock
  std::lock_guard lock(mutex_);
  self = std::move(self_);
}

Status PushStream::Receive(std::optional<Submission>& submission) {
  size_t bytes = in_.Length();
  if (!grpc::SerializationTraits<v1::PushRequest>::Deserialize(&in_, &request_).ok()) {
    request_.Clear();
    return InvalidArgument(
        "a request of the stream is no PushRequest of forewarn/v1/ingest.proto; is the sender a "
        "probe, or is there "
        "a proxy in between that changes what passes?");
  }
  FW_RETURN_IF_ERROR(intake_.CheckSize(bytes));
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

void PushStream::HelloDone(const HelloCommand& hello, const Status& outcome,
                           const std::string& reply) {
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

void PushStream::BatchDone(uint64_t epoch, uint64_t sequence, size_t samples, uint64_t rounds_ahead,
                           const Status& outcome, const std::string& reply) {
  std::lock_guard lock(mutex_);
  --in_flight_;
  if (outcome.ok()) {
    auto refused = DecodeReply<BatchReply>(reply);
    bool repeated = epoch == acked_epoch_ && sequence <= acked_sequence_;
    intake_.Count(samples, repeated, refused);
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

void PushStream::EndLocked(const Status& status) {
  if (!end_) end_ = status;  // the first reason is the one that counts
  held_.reset();
}

void PushStream::RefuseLocked(uint64_t epoch, uint64_t sequence, const Status& why) {
  bool of_the_batch =
      why.code() == Code::kInvalidArgument || why.code() == Code::kResourceExhausted;
  if (!end_ && of_the_batch) refused_ = fmt::format("{}/{}", epoch, sequence);
  EndLocked(why);
}

bool PushStream::HandOver() {
  if (!intake_.sink.Submit(*held_)) return false;
  held_.reset();
  ++in_flight_;
  return true;
}

void PushStream::TryAgainLater() {
  // A new one each time: an alarm must not be set from its own callback. It is ours, so that its
  // callback must not own us: neither would ever end.
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(std::chrono::system_clock::now() + kTryAgain, [weak = weak_from_this()](bool) {
    if (std::shared_ptr<PushStream> self = weak.lock()) self->TryAgain();
  });
}

void PushStream::TryAgain() {
  std::lock_guard lock(mutex_);
  if (held_ && !finished_ && !HandOver()) TryAgainLater();
  Pump();
}

void PushStream::Pump() {
  if (finished_) return;
  if (!writing_) {
    if (cancelled_) return FinishWith(Cancelled("the probe hung up"));
    if (welcome_) {
      v1::PushResponse response;
      *response.mutable_welcome() = *std::move(welcome_);
      welcome_.reset();
      welcomed_ = true;
      Write(response);
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
    StartRead(&in_);
  }
}

void PushStream::WriteAck() {
  v1::PushResponse response;
  v1::Ack* ack = response.mutable_ack();
  ack->set_epoch(acked_epoch_);
  ack->set_sequence(acked_sequence_);
  if (delay_ > Duration(0)) {
    ack->set_delay_ms(delay_.count());
    ack->set_max_in_flight(1);
    delay_ = Duration(0);
  }
  refusals_.MoveTo(intake_.limits, *ack);
  ack_due_ = false;
  Write(response);
}

void PushStream::Write(const v1::PushResponse& response) {
  bool own_buffer = false;
  out_.Clear();  // of the message before
  FW_CHECK(
      grpc::SerializationTraits<v1::PushResponse>::Serialize(response, &out_, &own_buffer).ok());
  writing_ = true;
  StartWrite(&out_);
}

void PushStream::FinishWith(const Status& status) {
  finished_ = true;
  held_.reset();
  if (refused_) context_.AddTrailingMetadata("forewarn-refused", *refused_);
  Finish(ToRpc(status));
}

}  // namespace forewarn
