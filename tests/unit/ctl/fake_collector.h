#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "ctl/session.h"

namespace forewarn {

// A collector of one service, within the process: no port, no certificates. `Service` is the test's
// own implementation with canned answers; `fake` is the instance that was called. A second service that
// the command needs is its member `other`.
template <typename Service>
class CtlTest : public testing::Test {
 protected:
  CtlTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&fake);
    if constexpr (requires { fake.other; }) builder.RegisterService(&fake.other);
    server_ = builder.BuildAndStart();
    connection_ = std::make_unique<Connection>(server_->InProcessChannel({}),
                                               "collector.example.com:7443", 30s);
    session.connection = connection_.get();
  }
  ~CtlTest() override { server_->Shutdown(); }

  Service fake;
  std::ostringstream out;
  std::ostringstream notes;
  Session session{nullptr, out, notes, false,
                  FromMillis(1'777'629'600'000)};  // 2026-05-01T10:00:00Z

 private:
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace forewarn
