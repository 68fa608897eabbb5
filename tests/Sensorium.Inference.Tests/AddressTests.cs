using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sensorium.Inference.Tests;

public sealed class AddressTests : IDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();
    readonly string root = Directory.CreateTempSubdirectory("sensorium").FullName;

    public AddressTests()
    {
        listener.Start();
        _ = ServeAsync();
    }

    string At(string path) => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/{path}";

    public void Dispose()
    {
        stop.Cancel();
        listener.Stop();
        stop.Dispose();
        Directory.Delete(root, recursive: true);
    }

    async Task ServeAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(stop.Token);
                NetworkStream stream = client.GetStream();
                var buffer = new byte[4096];
                int read = await stream.ReadAsync(buffer, stop.Token);
                string path = Encoding.ASCII.GetString(buffer, 0, read).Split(' ')[1];
                string reply = path switch
                {
                    "/ok" => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
                    "/large" => "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + new string('x', 3000),
                    "/loop" => "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    "/file" => "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    "/slow" => "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n",
                    _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                };
                await stream.WriteAsync(Encoding.ASCII.GetBytes(reply), stop.Token);
                if (path == "/slow")
                {
                    await Task.Delay(2000, stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                // The test is over, or its client went away.
            }
        }
    }

    async Task<byte[]> Fetch(string address, AddressOptions options)
    {
        using var fetcher = new MediaFetcher(options);
        return await fetcher.FetchAsync(new Uri(address), default);
    }

    [Fact]
    public async Task AnAllowedAddressIsFetched() =>
        Encoding.ASCII.GetString(await Fetch(At("ok"), new AddressOptions { AllowPrivate = true })).ShouldBe("hello");

    [Theory]
    [InlineData("ok", "public internet")]
    public async Task ThisMachineIsNotFetchedUnlessAllowed(string path, string mention) =>
        (await Should.ThrowAsync<AddressException>(() => Fetch(At(path), new AddressOptions()))).Message.ShouldContain(mention);

    [Theory]
    [InlineData("large", "1000 bytes")]
    [InlineData("loop", "more than 5 times")]
    [InlineData("file", "only http and https")]
    [InlineData("missing", "status 404")]
    public async Task LimitsHold(string path, string mention)
    {
        var options = new AddressOptions { AllowPrivate = true, MaxBytes = 1000 };
        (await Should.ThrowAsync<AddressException>(() => Fetch(At(path), options))).Message.ShouldContain(mention);
    }

    [Fact]
    public async Task ASlowAnswerIsGivenUp()
    {
        var options = new AddressOptions { AllowPrivate = true, Timeout = TimeSpan.FromMilliseconds(200) };
        (await Should.ThrowAsync<AddressException>(() => Fetch(At("slow"), options))).Message.ShouldContain("did not answer within");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("172.31.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("fd00::1")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    public void PrivateAddressesAreKnown(string address) => PrivateNetworks.Contains(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("2606:4700::1111")]
    public void PublicAddressesAreKnown(string address) => PrivateNetworks.Contains(IPAddress.Parse(address)).ShouldBeFalse();

    [Fact]
    public async Task AFileIsReadOnlyUnderAnAllowedFolder()
    {
        string inside = Path.Combine(root, "in");
        Directory.CreateDirectory(inside);
        string allowed = Path.Combine(inside, "a.png");
        string outside = Path.Combine(root, "b.png");
        await File.WriteAllTextAsync(allowed, "in");
        await File.WriteAllTextAsync(outside, "out");
        var options = new AddressOptions { FileRoots = [inside] };
        (await Fetch(new Uri(allowed).ToString(), options)).Length.ShouldBe(2);
        (await Should.ThrowAsync<AddressException>(() => Fetch(new Uri(outside).ToString(), options))).Message.ShouldContain("outside the allowed folders");
        string link = Path.Combine(inside, "link.png");
        File.CreateSymbolicLink(link, outside);
        await Should.ThrowAsync<AddressException>(() => Fetch(new Uri(link).ToString(), options));
    }
}
