using System.Net;
using System.Net.Sockets;

namespace Sensorium.Inference;

/// <summary>
/// Fetches pictures by address: http and https, and files under allowed folders. What a name resolves to is checked when
/// the connection is made, so that a name cannot point elsewhere between check and use; redirects are followed by hand.
/// </summary>
sealed class MediaFetcher : IDisposable
{
    readonly AddressOptions options;
    readonly HttpClient http;

    public MediaFetcher(AddressOptions options)
    {
        this.options = options;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, ConnectCallback = ConnectAsync })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <exception cref="AddressException">The address is not allowed, cannot be reached, or gives too much.</exception>
    public async Task<byte[]> FetchAsync(Uri address, CancellationToken cancellation)
    {
        if (!address.IsAbsoluteUri)
        {
            throw new AddressException(address, "is relative; give the whole address");
        }

        if (address.IsFile)
        {
            return ReadFile(address);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.Timeout);
        try
        {
            return await GetAsync(address, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new AddressException(address, $"did not answer within {options.Timeout.TotalSeconds:0.#} seconds", e);
        }
        catch (HttpRequestException e)
        {
            throw e.InnerException as AddressException ?? new AddressException(address, $"could not be fetched: {e.Message}", e);
        }
    }

    public void Dispose() => http.Dispose();

    async Task<byte[]> GetAsync(Uri address, CancellationToken cancellation)
    {
        Uri at = address;
        for (int redirects = 0; ; redirects++)
        {
            if (at.Scheme is not ("http" or "https"))
            {
                throw new AddressException(address, $"leads to '{at.Scheme}:'; only http and https are fetched");
            }

            using HttpResponseMessage response = await http.GetAsync(at, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if ((int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } next)
            {
                if (redirects == options.MaxRedirects)
                {
                    throw new AddressException(address, $"redirects more than {options.MaxRedirects} times");
                }

                at = new Uri(at, next);
                continue;
            }

            return response.IsSuccessStatusCode
                ? await ReadAsync(address, response, cancellation).ConfigureAwait(false)
                : throw new AddressException(address, $"answers with status {(int)response.StatusCode}");
        }
    }

    async Task<byte[]> ReadAsync(Uri address, HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength > options.MaxBytes)
        {
            throw TooLarge(address);
        }

        using var bytes = new MemoryStream();
        Stream stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[64 << 10];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
            {
                if (bytes.Length + read > options.MaxBytes)
                {
                    throw TooLarge(address);
                }

                bytes.Write(buffer, 0, read);
            }
        }

        return bytes.ToArray();
    }

    byte[] ReadFile(Uri address)
    {
        string path = Path.GetFullPath(address.LocalPath);
        string real = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        if (!options.FileRoots.Any(root => Under(Path.GetFullPath(root), real)))
        {
            throw new AddressException(address, "is a file outside the allowed folders; allow its folder (AddressOptions.FileRoots) or send the bytes (DataContent)");
        }

        var info = new FileInfo(real);
        if (!info.Exists)
        {
            throw new AddressException(address, "is not there");
        }

        return info.Length <= options.MaxBytes ? File.ReadAllBytes(real) : throw TooLarge(address);
    }

    static bool Under(string root, string path) => path.StartsWith(root.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    AddressException TooLarge(Uri address) => new(address, $"gives more than {options.MaxBytes} bytes (AddressOptions.MaxBytes)");

    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        DnsEndPoint target = context.DnsEndPoint;
        IPAddress[] addresses = IPAddress.TryParse(target.Host, out IPAddress? literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(target.Host, cancellation).ConfigureAwait(false);
        if (!options.AllowPrivate && addresses.FirstOrDefault(PrivateNetworks.Contains) is { } own)
        {
            throw new AddressException(context.InitialRequestMessage.RequestUri!, $"leads to {own}, which is not on the public internet; set AddressOptions.AllowPrivate to allow it");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
