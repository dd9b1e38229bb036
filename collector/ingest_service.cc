#include "collector/ingest_service.h"

#include <grpcpp/grpcpp.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "collector/intake.h"
#include "collector/push_stream.h"
#include "collector/rpc.h"
#include "collector/wire.h"
#include "forewarn/v1/ingest.grpc.pb.h"
#include "model/ids.h"

namespace forewarn {

// Streams are of bytes (collector/push_stream.h), single pushes of messages.
using Service = v1::IngestService::WithRawCallbackMethod_Push<
    v1::IngestService::WithCallbackMethod_PushOnce<v1::IngestService::Service>>;

struct IngestService::Impl final : public Service {
  Impl(EntrySink& sink, Metrics& metrics, const Clock& clock, const LimitSettings& limits)
      : intake{sink, metrics, clock, limits} {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Push(
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

    // Both go to the same shard together and in this order, so the batch's outcome comes after the hello's.
    Submission first = intake.Hello(hello);
    first.done = [](const Status&, const std::string&) {};
    uint64_t rounds_ahead = 0;
    Submission second = intake.Take(*std::move(batch), rounds_ahead);
    second.done = [this, source, samples, rounds_ahead, ack, reactor](const Status& outcome,
                                                                      const std::string& reply) {
      if (outcome.ok()) {
        auto refused = DecodeReply<BatchReply>(reply);
        intake.Count(samples, false, refused);
        RefusalSum sum;
        sum.Add(refused, rounds_ahead);
        sum.MoveTo(intake.limits, *ack);
      } else {
        intake.Refuse(source, outcome);
      }
      reactor->Finish(ToRpc(outcome));
    };
    Submission both[] = {std::move(first), std::move(second)};
    if (intake.sink.SubmitAll(both)) return OkStatus();
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
