// burrow/detail/context_inl.h - the nodes behind contexts, as far as templates
// need them, and the seam to runtime/context.
//
// A context is a chain of nodes towards the background (null). A node counts
// its handles: contexts, cancel functions and child nodes. Each knows the
// nearest node at or above it that can be cancelled, and the nearest that has a
// value, so that neither question walks over nodes that cannot answer it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "burrow/chan.h"
#include "burrow/detail/time_inl.h"
#include "burrow/error.h"

namespace burrow::detail {

struct cancelnode;  // runtime/context/node.h
struct funcnode;
struct valuenode;

enum class ctxkind : std::uint8_t { cancel, value, shield };

struct ctxnode {
  explicit ctxnode(ctxkind k) noexcept : kind(k) {}

  std::atomic<std::uint32_t> handles{1};
  const ctxkind kind;
  // Immutable once shared. parent is one of the parent's handles.
  ctxnode* parent = nullptr;
  cancelnode* canceler = nullptr;
  const valuenode* values = nullptr;
};

struct valuenode : ctxnode {
  valuenode() noexcept : ctxnode(ctxkind::value) {}

  // Immutable.
  const std::type_info* keytype = nullptr;
  const std::type_info* valtype = nullptr;
  const void* key = nullptr;
  const void* val = nullptr;
  bool (*equal)(const void* a, const void* b) = nullptr;
  void (*destroy)(valuenode* n) noexcept = nullptr;
};

void ctx_retain(ctxnode* n) noexcept;
void ctx_release(ctxnode* n) noexcept;

// ctx_link makes n, which is new, a child of parent.
void ctx_link(ctxnode* n, ctxnode* parent) noexcept;

// ctx_lookup returns the nearest value of that key, or null.
const valuenode* ctx_lookup(const ctxnode* n, const std::type_info& keytype,
                            const void* key);

recv_chan<unit> ctx_done(cancelnode* n);
std::error_code ctx_err(const cancelnode* n) noexcept;
std::error_code ctx_cause(const cancelnode* n) noexcept;
std::optional<clock_time> ctx_deadline(const cancelnode* n) noexcept;

// ctx_cancel cancels n and all below it; no cause: errc::canceled.
void ctx_cancel(cancelnode* n, std::error_code cause) noexcept;

// ctx_after owns f.obj, also when it throws.
funcnode* ctx_after(cancelnode* n, owned_call f);
bool ctx_stopfunc(funcnode* f) noexcept;
void ctx_retainfunc(funcnode* f) noexcept;
void ctx_releasefunc(funcnode* f) noexcept;

// counted is a handle of a node or a function; the null one is the background.
template <class Node, void (*Retain)(Node*) noexcept,
          void (*Release)(Node*) noexcept>
class counted {
 public:
  counted() noexcept = default;
  explicit counted(Node* adopted) noexcept : n_(adopted) {}
  counted(const counted& o) noexcept : n_(o.n_) {
    if (n_ != nullptr) Retain(n_);
  }
  counted(counted&& o) noexcept : n_(std::exchange(o.n_, nullptr)) {}
  counted& operator=(counted o) noexcept {
    std::swap(n_, o.n_);
    return *this;
  }
  ~counted() {
    if (n_ != nullptr) Release(n_);
  }

  Node* get() const noexcept { return n_; }

 private:
  Node* n_ = nullptr;
};
using ctx_handle = counted<ctxnode, ctx_retain, ctx_release>;
using ctx_func_handle = counted<funcnode, ctx_retainfunc, ctx_releasefunc>;

// context_access is how the rest of burrow makes contexts and looks into them.
struct context_access;

// canceler is what the two kinds of cancel function have in common.
class canceler {
 public:
  // operator bool says whether there is a context to cancel.
  explicit operator bool() const noexcept { return h_.get() != nullptr; }

 protected:
  canceler() noexcept = default;
  explicit canceler(ctx_handle h) noexcept : h_(std::move(h)) {}

  void cancel(std::error_code cause) const {
    if (!*this) throw panic_error("context: call of a nil cancel function");
    ctx_cancel(h_.get()->canceler, cause);
  }

 private:
  ctx_handle h_;
};

// Text keys are compared as text, so that two literals are the same key.
template <class T>
inline constexpr bool is_text =
    std::is_same_v<T, const char*> || std::is_same_v<T, char*> ||
    std::is_same_v<T, std::string_view>;
template <class K>
using ctx_key =
    std::conditional_t<is_text<std::decay_t<K>>, std::string, std::decay_t<K>>;

template <class K, class V>
struct typedvaluenode final : valuenode {
  template <class KArg, class VArg>
  typedvaluenode(KArg&& k, VArg&& v)
      : k_(std::forward<KArg>(k)), v_(std::forward<VArg>(v)) {
    keytype = &typeid(K);
    valtype = &typeid(V);
    key = std::addressof(k_);
    val = std::addressof(v_);
    equal = [](const void* a, const void* b) {
      return static_cast<bool>(*static_cast<const K*>(a) ==
                               *static_cast<const K*>(b));
    };
    destroy = [](valuenode* n) noexcept {
      delete static_cast<typedvaluenode*>(n);
    };
  }

 private:
  const K k_;
  const V v_;
};

// ctx_get returns the value of that key as a T, if it is one.
template <class T, class K>
std::optional<T> ctx_get(const ctxnode* n, const K& key) {
  const valuenode* found = ctx_lookup(n, typeid(K), std::addressof(key));
  if (found == nullptr) return std::nullopt;
  if (*found->valtype == typeid(T))
    return std::optional<T>(std::in_place, *static_cast<const T*>(found->val));
  if constexpr (std::is_same_v<T, std::string> ||
                std::is_same_v<T, std::string_view>) {
    if (*found->valtype == typeid(const char*))
      return T(*static_cast<const char* const*>(found->val));
  }
  return std::nullopt;
}

}  // namespace burrow::detail
