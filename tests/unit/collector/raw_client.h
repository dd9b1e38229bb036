#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace forewarn {

// A client that sends exactly what it is told to.
class RawClient {
 public:
  explicit RawClient(const std::string& address) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    timeval patience = {.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~RawClient() { close(fd_); }

  bool connected() const { return connected_; }
  void Send(std::string_view bytes) {
    EXPECT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Until the server closes.
  std::string ReadAll() { return ReadUntil(""); }
  // Until `end` was seen.
  std::string ReadUntil(std::string_view end) {
    std::string all;
    char part[4096];
    ssize_t size = 1;
    while ((end.empty() || all.find(end) == std::string::npos) &&
           (size = recv(fd_, part, sizeof(part), 0)) > 0) {
      all.append(part, static_cast<size_t>(size));
      size = 1;
    }
    ended_ = size == 0;
    return all;
  }
  // Whether the last reading came to the server's end of the connection.
  bool ended() const { return ended_; }

 private:
  int fd_ = -1;
  bool connected_ = false;
  bool ended_ = false;
};

// A certificate that signs itself, as DIR/server.pem and DIR/server.key.
inline void MakeCertificate(const std::string& dir) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  std::FILE* file = std::fopen((dir + "/server.pem").c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file = std::fopen((dir + "/server.key").c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

// One request over TLS, to a server that closes after it. Believes any certificate.
inline std::string AskOverTls(const std::string& address, std::string_view request) {
  BIO* bio = BIO_new_connect(address.c_str());
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* tls = SSL_new(context);
  std::string all;
  if (BIO_do_connect(bio) == 1) {
    SSL_set_bio(tls, bio, bio);
    if (SSL_connect(tls) == 1) {
      SSL_write(tls, request.data(), static_cast<int>(request.size()));
      char part[4096];
      int size;
      while ((size = SSL_read(tls, part, sizeof(part))) > 0)
        all.append(part, static_cast<size_t>(size));
    }
  } else {
    BIO_free(bio);
  }
  SSL_free(tls);
  SSL_CTX_free(context);
  return all;
}

}  // namespace forewarn
