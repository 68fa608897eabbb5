namespace Sensorium.Media;

/// <summary>
/// How much memory decoders may take. Every decoder asks before it allocates, so that a small file that claims to be
/// huge is refused by its header alone. One budget may be shared by decoders on several threads: <see cref="MaxPixels"/>
/// holds for each picture, <see cref="MaxBytes"/> for everything that decoders hold at one time.
/// </summary>
public sealed class MediaBudget
{
    long reserved;

    /// <summary>The most pixels (width times height) that one picture may have.</summary>
    public long MaxPixels { get; init; } = 100_000_000;

    /// <summary>The most bytes that decoders on this budget may hold at one time, pixels under construction and scratch together.</summary>
    public long MaxBytes { get; init; } = 2L << 30;

    /// <summary>The bytes that decoders on this budget hold now.</summary>
    public long ReservedBytes => Interlocked.Read(ref reserved);

    /// <summary>Checks a picture's size against <see cref="MaxPixels"/>.</summary>
    /// <param name="name">The picture's name, for the error.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <exception cref="MediaException">The picture has more pixels than allowed.</exception>
    public void CheckPixels(string name, long width, long height)
    {
        // Divided, not multiplied, since a header may claim 2^32 by 2^32.
        if (width > 0 && height > MaxPixels / width)
        {
            throw MediaException.TooLarge(
                name,
                $"a picture of {width} x {height} pixels is over the limit of {MaxPixels} pixels",
                "Scale the picture down, or raise the pixel budget");
        }
    }

    /// <summary>
    /// Takes bytes from the budget for as long as the result lives; dispose it when the memory is dropped or handed over
    /// to the caller.
    /// </summary>
    /// <param name="name">The file's name, for the error.</param>
    /// <param name="bytes">How many bytes are about to be allocated.</param>
    /// <exception cref="MediaException">The budget has fewer bytes left.</exception>
    public Reservation Reserve(string name, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        while (true)
        {
            long held = Interlocked.Read(ref reserved);
            if (bytes > MaxBytes - held)
            {
                throw MediaException.TooLarge(
                    name,
                    $"decoding needs {bytes} bytes, and of the limit of {MaxBytes} bytes {held} are in use",
                    "Scale the picture down, decode fewer files at a time, or raise the memory budget for media");
            }

            if (Interlocked.CompareExchange(ref reserved, held + bytes, held) == held)
            {
                return new Reservation(this, bytes);
            }
        }
    }

    /// <summary>Bytes taken from a budget; disposing gives them back, once.</summary>
    public sealed class Reservation : IDisposable
    {
        readonly MediaBudget budget;
        long bytes;

        internal Reservation(MediaBudget budget, long bytes)
        {
            this.budget = budget;
            this.bytes = bytes;
        }

        /// <inheritdoc/>
        public void Dispose() => Interlocked.Add(ref budget.reserved, -Interlocked.Exchange(ref bytes, 0));
    }
}
