#include "collector/http_server.h"

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include "base/log.h"
#include "collector/fair_pool.h"
#include "collector/http_connection.h"

namespace forewarn {
namespace {

struct HostPort {
  std::string host;
  std::string port;
};

StatusOr<HostPort> SplitHostPort(const std::string& text) {
  size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size()) {
    return InvalidArgument(fmt::format("'{}' is not HOST:PORT", text));
  }
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return HostPort{host, text.substr(colon + 1)};
}

std::string ToString(const tcp::endpoint& endpoint) {
  std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

// Nothing when plain HTTP is wanted.
StatusOr<std::optional<asio::ssl::context>> OpenTls(const HttpOptions& options) {
  std::optional<asio::ssl::context> tls;
  if (options.certificate_file.empty()) return tls;
  tls.emplace(asio::ssl::context::tls_server);
  tls->set_options(asio::ssl::context::no_sslv2 | asio::ssl::context::no_sslv3 |
                   asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  error_code error;
  tls->use_certificate_chain_file(options.certificate_file, error);
  if (error) {
    return InvalidArgument(fmt::format("http.tls.certificate_file: {}: {}; it must be PEM",
                                       options.certificate_file, error.message()));
  }
  tls->use_private_key_file(options.key_file, asio::ssl::context::pem, error);
  if (error) {
    return InvalidArgument(
        fmt::format("http.tls.key_file: {}: {}; it must be the certificate's own key, PEM",
                    options.key_file, error.message()));
  }
  return tls;
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(const HttpOptions& options)
      : context(static_cast<int>(options.threads)),
        workers(static_cast<size_t>(options.threads), kParts * Works(options),
                kParts * (Works(options) * FairPool::kLeastWeight + Bytes(options))) {
    shared.options = options;
    shared.run_later = [this](const std::string& who, size_t bytes, std::function<void()> work) {
      return workers.Run(who, bytes, std::move(work));
    };
  }

  // What waits is bounded by connections and bodies already; of the pool's bounds, one party may have a quarter.
  static constexpr size_t kParts = 4;
  static size_t Works(const HttpOptions& options) {
    return static_cast<size_t>(options.max_connections) + 1;
  }
  static size_t Bytes(const HttpOptions& options) {
    return static_cast<size_t>(options.max_waiting_bytes + options.max_body_bytes);
  }

  void Accept() {
    acceptor.async_accept(asio::make_strand(context), [this](error_code error, tcp::socket socket) {
      if (shared.stopping) return;
      if (!error) {
        Serve(std::move(socket));
      } else {
        // Out of descriptors, or the peer was gone already. Accepting again at once would spin.
        FW_LOG(kWarn, "http.accept_failed", {{"reason", error.message()}});
        pause.expires_after(Duration(100));
        pause.async_wait([this](error_code stopped) {
          if (!stopped && !shared.stopping) Accept();
        });
        return;
      }
      Accept();
    });
  }

  void Serve(tcp::socket socket) {
    bool too_many = shared.connections >= shared.options.max_connections && !shared.EndOneIdle();
    if (tls) {
      std::make_shared<HttpConnection<TlsStream>>(std::move(socket), shared, *tls)->Start(too_many);
    } else {
      std::make_shared<HttpConnection<PlainStream>>(std::move(socket), shared)->Start(too_many);
    }
  }

  HttpShared shared;
  std::optional<asio::ssl::context> tls;
  asio::io_context context;
  tcp::acceptor acceptor{context};
  asio::steady_timer pause{context};
  FairPool workers;  // for what doors are sent, which may be long to take apart
  std::string address;
  std::vector<std::thread> threads;
};

StatusOr<std::unique_ptr<HttpServer>> HttpServer::Open(const HttpOptions& options,
                                                       std::vector<HttpRoute> routes) {
  FW_ASSIGN_OR_RETURN(HostPort where, SplitHostPort(options.listen));
  auto impl = std::make_unique<Impl>(options);
  impl->shared.routes = std::move(routes);
  FW_ASSIGN_OR_RETURN(impl->tls, OpenTls(options));
  error_code error;
  auto endpoints =
      tcp::resolver(impl->context).resolve(where.host, where.port, tcp::resolver::passive, error);
  tcp::endpoint endpoint;
  if (!error) endpoint = endpoints.begin()->endpoint();
  if (!error) impl->acceptor.open(endpoint.protocol(), error);
  if (!error) impl->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) impl->acceptor.bind(endpoint, error);
  if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return Unavailable(
        fmt::format("listening for HTTP on {}: {}; is another collector running, or is "
                    "http.listen not an address of this host?",
                    options.listen, error.message()));
  }
  impl->address = ToString(impl->acceptor.local_endpoint());
  impl->Accept();
  for (int64_t i = 0; i < options.threads; ++i) {
    impl->threads.emplace_back([raw = impl.get()] { raw->context.run(); });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->shared.Stop();
  // What waits for the network is dropped with the context.
  impl_->context.stop();
  for (std::thread& thread : impl_->threads) thread.join();
}

const std::string& HttpServer::address() const { return impl_->address; }

}  // namespace forewarn
