#include "collector/ingest_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/integration/client_key.h"
#include "tests/unit/collector/service_world.h"

namespace forewarn {
namespace {

const ProbeIdentity kProbe = {"acme", "prod", "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"};

class IngestServiceTest : public ServiceWorld {
 protected:
  std::shared_ptr<grpc::Channel> ConnectProbe() {
    KeyAndRequest made = MakeRequest();
    auto chain = ca_->SignProbe(made.csr_der, kProbe, clock_.Now());
    FW_CHECK(chain.ok());
    return Connect({made.key_pem, *chain});
  }
  bool Soon(const std::function<bool()>& condition) {
    Duration end = clock_.Monotonic() + 20s;
    while (!condition()) {
      if (clock_.Monotonic() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
};

TEST_F(IngestServiceTest, ASinglePushFindsRoomInTheSmallestQueue) {
  PartitionsOptions options;
  options.queue_batches = 1;
  Recover(options);
  IngestService ingest(*partitions_, metrics_, clock_, LimitSettings());
  Serve(ingest.service());
  Obstacle shard;
  ASSERT_TRUE(partitions_->Ask(PartitionOf(kProbe.customer), [&](const Shard&) { shard.Wait(); }));
  shard.UntilReached();

  v1::PushOnceRequest once;
  once.mutable_hello()->set_clock_ms(ToMillis(clock_.Now()));
  once.mutable_hello()->set_host("web-1");
  once.mutable_batch()->set_epoch(7);
  once.mutable_batch()->set_sequence(1);
  v1::PushResponse response;
  grpc::ClientContext context;
  auto client = v1::IngestService::NewStub(ConnectProbe());
  auto answer =
      std::async(std::launch::async, [&] { return client->PushOnce(&context, once, &response); });
  EXPECT_TRUE(Soon([&] { return partitions_->queued() == 2; })) << "its hello and its batch";
  shard.LetGo();
  grpc::Status status = answer.get();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.ack().sequence(), 1u);
  server_->Shutdown(Duration(0));
}

}  // namespace
}  // namespace forewarn
