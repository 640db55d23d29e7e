// Where the page is, be it at a proxy's address below some path: everything else is found from here.
window.idlatPlace = (path) => new URL(`../${path}`, document.baseURI); // the base is the assets' folder
// trame's client asks there for its WebSocket's address
document.documentElement.dataset.sessionManagerUrl = `paraview/?socket=${encodeURIComponent(window.idlatPlace("ws").href)}`;
