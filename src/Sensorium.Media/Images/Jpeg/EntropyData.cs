using System.Runtime.CompilerServices;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>
/// A scan's entropy-coded bytes, one restart interval at a time, without stuffing and with enough zeros behind them that
/// a whole MCU can be decoded without asking where the end is.
/// </summary>
unsafe sealed class EntropyData : IDisposable
{
    /// <summary>More zero bytes than the longest MCU can eat: 10 blocks of 64 coefficients of 31 bits.</summary>
    const int Padding = 4096;

    readonly JpegReader reader;
    readonly NativeBuffer buffer;
    int nextRestart;

    public EntropyData(JpegReader reader, MediaBudget budget)
    {
        this.reader = reader;
        buffer = new NativeBuffer((long)reader.Rest.Length + Padding, clear: false, reader.Name, budget);
    }

    /// <summary>The bits of the current interval.</summary>
    public BitReader Bits;

    /// <summary>Whether the decoder has used more bits than the interval has: the rest of it is zeros.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Whether nothing but zeros is left in this scan, so that the rest of it changes nothing.</summary>
    public bool IsScanOver => IsExhausted && reader.PendingMarker != 0 && !JpegMarker.IsRestart(reader.PendingMarker);

    /// <summary>Begins a scan at the reader's position.</summary>
    public void StartScan()
    {
        nextRestart = 0;
        IsExhausted = false;
        Load();
    }

    /// <summary>To be called after each MCU: notes whether it ran into the end, and goes back to the first of the zeros there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CheckEnd()
    {
        if (Bits.IsPastEnd)
        {
            NoteEnd();
        }
    }

    void NoteEnd()
    {
        if (reader.PendingMarker == 0)
        {
            // No marker ended the data, so the file did.
            reader.FindMarker();
        }

        IsExhausted = true;
        Bits = new BitReader(Bits.End, Bits.End);
    }

    /// <summary>Moves past a restart marker, and recovers as libjpeg does where another one stands there or none.</summary>
    public void Restart()
    {
        if (reader.PendingMarker == 0)
        {
            reader.FindMarker();
        }

        if (reader.PendingMarker == JpegMarker.Restart0 + nextRestart)
        {
            reader.PendingMarker = 0;
        }
        else
        {
            Resynchronize();
        }

        nextRestart = (nextRestart + 1) & 7;
        if (reader.PendingMarker == 0)
        {
            IsExhausted = false;
        }

        Load();
    }

    void Resynchronize()
    {
        while (true)
        {
            int marker = reader.PendingMarker;
            if (JpegMarker.IsRestart(marker))
            {
                int ahead = (marker - JpegMarker.Restart0 - nextRestart) & 7;
                if (ahead is 1 or 2)
                {
                    // Intervals were lost: leave the marker, so that they come out empty.
                    return;
                }

                if (ahead is not (6 or 7))
                {
                    reader.PendingMarker = 0;
                    return;
                }
            }
            else if (marker >= JpegMarker.StartOfFrame0)
            {
                return;
            }

            reader.FindMarker();
        }
    }

    /// <summary>Copies the bytes up to the next marker without the zeros stuffed behind FF.</summary>
    void Load()
    {
        byte* to = buffer.Pointer;
        if (reader.PendingMarker == 0)
        {
            ReadOnlySpan<byte> rest = reader.Rest;
            int total = rest.Length;
            while (!rest.IsEmpty)
            {
                int plain = rest.IndexOf((byte)0xFF);
                if (plain < 0)
                {
                    plain = rest.Length;
                }

                rest[..plain].CopyTo(new Span<byte>(to, plain));
                to += plain;
                rest = rest[plain..];
                int fill = 0;
                while (fill < rest.Length && rest[fill] == 0xFF)
                {
                    fill++;
                }

                if (fill == rest.Length)
                {
                    rest = default;
                    break;
                }

                int marker = rest[fill];
                rest = rest[(fill + 1)..];
                if (marker != 0)
                {
                    reader.PendingMarker = marker;
                    break;
                }

                *to++ = 0xFF;
            }

            reader.Position += total - rest.Length;
        }

        new Span<byte>(to, Padding).Clear();
        Bits = new BitReader(buffer.Pointer, to);
    }

    public void Dispose() => buffer.Dispose();
}
