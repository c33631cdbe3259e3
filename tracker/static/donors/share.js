// A share link carries its token behind "#", which browsers keep to themselves: post it, forget it.
function post() {
  const token = location.hash.slice(1);
  if (!/^[\w-]{16,64}$/.test(token)) return;
  history.replaceState(null, "", location.pathname + location.search);
  const form = document.createElement("form");
  form.method = "post";
  form.action = location.pathname + location.search;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "token";
  field.value = token;
  form.append(field);
  document.body.append(form);
  form.submit();
}
addEventListener("hashchange", post);
post();
