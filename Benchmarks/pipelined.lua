-- 16 requests at once on each connection.
function init(args)
    local request = wrk.format()
    sixteen = string.rep(request, 16)
end

function request()
    return sixteen
end
