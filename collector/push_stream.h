#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "collector/intake.h"
#include "collector/wire.h"
#include "forewarn/v1/ingest.pb.h"

namespace forewarn {

// One probe's stream: a reactor that gRPC's threads and the committer's thread meet in; none of them ever waits
// there. A batch is read, checked and handed to its shard; its ack leaves when the commit is durable. Acks that
// gather while one is being sent leave as one. When the shard's queue is full, the stream holds the batch, tells
// the probe to slow down, reads no more, and tries again.
//
// It reads and writes bytes: to a reactor of messages, gRPC reports one that it cannot parse as the end of the
// requests, and the sender would be told that all is well.
//
// Owns itself through `self_` from Start() until gRPC is done with it; callbacks that come later (a commit of a
// stream that has ended) hold it too, and find it finished.
class PushStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                         public std::enable_shared_from_this<PushStream> {
 public:
  // `context` is gRPC's and lives until OnDone(). A `source` that failed is what the stream ends with.
  PushStream(const Intake& intake, grpc::CallbackServerContext& context,
             StatusOr<ProbeIdentity> source);

  void Start();

  // The stream takes nothing more, sends the acks of what it took, and ends with `status`. Thread-safe.
  void End(const Status& status);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Turns the request into a submission.
  Status Receive(std::optional<Submission>& submission);

  // On the committer's thread.
  void HelloDone(const HelloCommand& hello, const Status& outcome, const std::string& reply);
  void BatchDone(uint64_t epoch, uint64_t sequence, size_t samples, uint64_t rounds_ahead,
                 const Status& outcome, const std::string& reply);

  // On a thread of gRPC's, when the alarm goes off.
  void TryAgain();

  // --- all that follows is called with the mutex held ---

  void EndLocked(const Status& status);
  // Ends the stream for what is wrong with one batch, which the trailer names: the probe drops that one and no
  // other.
  void RefuseLocked(uint64_t epoch, uint64_t sequence, const Status& why);
  // Submits what is held. False when there is no room for it.
  bool HandOver();
  void TryAgainLater();
  // Starts whatever may start now: at most one write, at most one read, and the end once.
  void Pump();
  void WriteAck();
  void Write(const v1::PushResponse& response);
  void FinishWith(const Status& status);

  const Intake& intake_;
  grpc::CallbackServerContext& context_;
  const StatusOr<ProbeIdentity> source_;

  // The read's own.
  grpc::ByteBuffer in_;
  v1::PushRequest request_;
  std::optional<BatchReader> reader_;

  // gRPC's threads and the committer's meet here and neither may wait for the other's work; a queue
  // between them would need a thread to empty it. Held for the few assignments of a step only.
  std::mutex mutex_;
  std::shared_ptr<PushStream> self_;
  grpc::ByteBuffer out_;  // the write's while writing_
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

}  // namespace forewarn
