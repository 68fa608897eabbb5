namespace Sensorium.Inference;

/// <summary>Which addresses pictures may be fetched from, and within which limits.</summary>
public sealed record AddressOptions
{
    /// <summary>Allow targets in private networks and on this machine.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>Folders under which <c>file:</c> addresses may point; none by default.</summary>
    public IReadOnlyList<string> FileRoots { get; init; } = [];

    /// <summary>The most bytes of a picture.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>The longest a fetch may take, redirects included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The most redirects that are followed; each target is checked again.</summary>
    public int MaxRedirects { get; init; } = 5;
}

/// <summary>A picture that could not be fetched; the message names the address and what to do.</summary>
public sealed class AddressException(Uri address, string message, Exception? inner = null) : Exception($"{address}: {message}", inner)
{
    /// <summary>The address.</summary>
    public Uri Address { get; } = address;
}
