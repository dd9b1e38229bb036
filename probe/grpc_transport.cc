#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "forewarn/v1/ingest.grpc.pb.h"
#include "probe/grpc_status.h"
#include "probe/transport.h"

namespace forewarn {
namespace {

constexpr int kMessageBytesMax = 8 << 20;

class GrpcPushCall : public PushCall,
                     private grpc::ClientBidiReactor<v1::PushRequest, v1::PushResponse> {
 public:
  explicit GrpcPushCall(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)), stub_(v1::IngestService::NewStub(channel_)) {
    stub_->async()->Push(&context_, this);
    AddHold();  // since Send() starts writes from outside of the callbacks
    StartRead(&incoming_);
    StartCall();
  }

  ~GrpcPushCall() override {
    context_.TryCancel();
    ReleaseHold();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_; });
  }

  bool Send(const v1::PushRequest& request) override {
    std::lock_guard lock(mutex_);
    if (!hold_) return false;
    outgoing_.push_back(request);
    if (outgoing_.size() == 1) StartWrite(&outgoing_.front());
    return true;
  }

  bool Receive(v1::PushResponse& response, Duration patience) override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return !responses_.empty() || done_; });
    if (responses_.empty()) return false;
    response = std::move(responses_.front());
    responses_.pop_front();
    return true;
  }

  bool ended() const override {
    std::lock_guard lock(mutex_);
    return done_ && responses_.empty();
  }

  Status status() const override {
    std::lock_guard lock(mutex_);
    return FromGrpc(status_);
  }

  std::optional<RefusedBatch> refused() const override {
    std::lock_guard lock(mutex_);
    if (!done_) return std::nullopt;  // the trailer is there with the status
    const auto& trailer = context_.GetServerTrailingMetadata();
    auto found = trailer.find("forewarn-refused");
    if (found == trailer.end()) return std::nullopt;
    const char* text = found->second.data();
    const char* end = text + found->second.size();
    RefusedBatch batch;
    auto epoch = std::from_chars(text, end, batch.epoch);
    if (epoch.ec != std::errc() || epoch.ptr == end || *epoch.ptr != '/') return std::nullopt;
    auto sequence = std::from_chars(epoch.ptr + 1, end, batch.sequence);
    if (sequence.ec != std::errc() || sequence.ptr != end) return std::nullopt;
    return batch;
  }

 private:
  // The call may finish: nothing more will be sent from outside.
  void ReleaseHold() {
    {
      std::lock_guard lock(mutex_);
      if (!std::exchange(hold_, false)) return;
    }
    RemoveHold();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return ReleaseHold();
    std::lock_guard lock(mutex_);
    outgoing_.pop_front();
    if (!outgoing_.empty()) StartWrite(&outgoing_.front());
  }

  void OnReadDone(bool ok) override {
    if (!ok) return ReleaseHold();
    {
      std::lock_guard lock(mutex_);
      responses_.push_back(std::move(incoming_));
      changed_.notify_all();
    }
    incoming_.Clear();
    StartRead(&incoming_);
  }

  void OnDone(const grpc::Status& status) override {
    std::lock_guard lock(mutex_);
    status_ = status;
    done_ = true;
    changed_.notify_all();
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::IngestService::Stub> stub_;
  grpc::ClientContext context_;
  v1::PushResponse incoming_;  // gRPC's until OnReadDone()

  // Guarded by the mutex: gRPC's threads call back. Both queues are bounded by the batches in
  // flight, each of which has one response.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::PushRequest> outgoing_;  // the first is being written
  std::deque<v1::PushResponse> responses_;
  grpc::Status status_;
  bool hold_ = true;
  bool done_ = false;
};

class GrpcTransport : public Transport {
 public:
  GrpcTransport(const GrpcOptions& options, const TlsIdentity& identity)
      : options_(options), identity_(identity) {}

  // A channel a call: its back-off would only stand in the way of ours, and a renewed certificate
  // is in force with the next call.
  std::unique_ptr<PushCall> Open() override {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = identity_.ca_pem;
    tls.pem_cert_chain = identity_.certificate_pem;
    tls.pem_private_key = identity_.key_pem;
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    // A dead peer is noticed within half a minute even when there is nothing to send.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    if (!options_.server_name.empty()) arguments.SetSslTargetNameOverride(options_.server_name);
    return std::make_unique<GrpcPushCall>(
        grpc::CreateCustomChannel(options_.collector, grpc::SslCredentials(tls), arguments));
  }

 private:
  const GrpcOptions options_;
  const TlsIdentity identity_;
};

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport(const GrpcOptions& options,
                                             const TlsIdentity& identity) {
  return std::make_unique<GrpcTransport>(options, identity);
}

}  // namespace forewarn
