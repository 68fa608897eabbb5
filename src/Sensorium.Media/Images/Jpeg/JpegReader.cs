using System.Buffers.Binary;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>
/// Reads a JPEG file's markers and keeps what they define: frame, restart interval, colour hints, orientation, and the tables.
/// Its rules about order, repetition and recovery are libjpeg's.
/// </summary>
unsafe sealed class JpegReader
{
    readonly byte* data;
    readonly int length;
    readonly string name;
    int scans;

    /// <param name="data">The file, pinned for as long as the reader lives.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="name">Its name, for errors.</param>
    public JpegReader(byte* data, int length, string name)
    {
        this.data = data;
        this.length = length;
        this.name = name;
        if (length < 3 || data[0] != 0xFF || data[1] != JpegMarker.StartOfImage || data[2] != 0xFF)
        {
            throw Corrupt(length == 0 ? "the file is empty" : "not a JPEG file: it does not begin with the bytes FF D8 FF");
        }

        Position = 2;
        Tables = new JpegTables(this);
    }

    /// <summary>The tables that the file has defined so far.</summary>
    public JpegTables Tables { get; }

    /// <summary>Where the next byte is read.</summary>
    public int Position { get; set; }

    /// <summary>A marker that was read but not yet acted upon, or 0.</summary>
    public int PendingMarker { get; set; }

    public JpegFrame? Frame { get; private set; }

    /// <summary>MCUs between restart markers, or 0.</summary>
    public int RestartInterval { get; private set; }

    public bool SawJfif { get; private set; }

    /// <summary>The colour transform of the Adobe marker, or −1 where there is none.</summary>
    public int AdobeTransform { get; private set; } = -1;

    /// <summary>EXIF orientation, 1 to 8.</summary>
    public int Orientation { get; private set; } = 1;

    public string Name => name;

    public ReadOnlySpan<byte> Rest => new(data + Position, length - Position);

    public MediaException Corrupt(string problem) => MediaException.Corrupt(name, $"corrupt JPEG: {problem}");

    public MediaException Unsupported(string problem) =>
        MediaException.Unsupported(name, problem, "Save it as an 8-bit baseline or progressive JPEG, or as PNG");

    MediaException Truncated() => Corrupt($"the file ends after {length} bytes, before the picture does");

    /// <summary>Reads segments up to the next scan header.</summary>
    /// <returns>The scan, or null at the end of the image.</returns>
    public JpegScan? ReadToScan()
    {
        while (true)
        {
            if (PendingMarker == 0)
            {
                FindMarker();
            }

            int marker = PendingMarker;
            PendingMarker = 0;
            switch (marker)
            {
                case JpegMarker.StartOfImage:
                    throw Corrupt("a second start-of-image marker");
                case JpegMarker.EndOfImage:
                    return null;
                case JpegMarker.StartOfScan:
                    return ReadScanHeader();
                case JpegMarker.StartOfFrame0 or JpegMarker.StartOfFrame1 or JpegMarker.StartOfFrame2 or JpegMarker.StartOfFrame3:
                    ReadFrameHeader(marker);
                    break;
                case JpegMarker.HuffmanTables:
                    Tables.ReadHuffman(ReadSegment());
                    break;
                case JpegMarker.QuantizationTables:
                    Tables.ReadQuantization(ReadSegment());
                    break;
                case JpegMarker.RestartInterval:
                    ReadRestartInterval();
                    break;
                case >= JpegMarker.App0 and <= JpegMarker.App15:
                    ReadApplicationData(marker);
                    break;
                case JpegMarker.Comment or JpegMarker.NumberOfLines or JpegMarker.ArithmeticConditioning:
                    ReadSegment();
                    break;
                case JpegMarker.Temporary or (>= JpegMarker.Restart0 and <= JpegMarker.Restart7):
                    break;
                case >= JpegMarker.StartOfFrame0 and <= JpegMarker.StartOfFrame15:
                    throw Unsupported($"{JpegMarker.FrameName(marker)} JPEG is not supported");
                default:
                    throw Corrupt($"an unknown marker, FF{marker:X2}, before byte {Position}");
            }
        }
    }

    /// <summary>Moves past the next marker, whatever lies before it, and makes it the pending one.</summary>
    public void FindMarker()
    {
        while (true)
        {
            int offset = Rest.IndexOf((byte)0xFF);
            if (offset < 0)
            {
                Position = length;
                throw Truncated();
            }

            Position += offset;
            while (Position < length && data[Position] == 0xFF)
            {
                Position++;
            }

            if (Position == length)
            {
                throw Truncated();
            }

            int marker = data[Position++];
            if (marker != 0)
            {
                PendingMarker = marker;
                return;
            }
        }
    }

    ReadOnlySpan<byte> ReadSegment()
    {
        if (length - Position < 2)
        {
            throw Truncated();
        }

        int size = BinaryPrimitives.ReadUInt16BigEndian(Rest);
        if (size < 2)
        {
            throw Corrupt($"a segment of length {size} at byte {Position}");
        }

        if (size > length - Position)
        {
            throw Truncated();
        }

        ReadOnlySpan<byte> segment = Rest[2..size];
        Position += size;
        return segment;
    }

    void ReadFrameHeader(int marker)
    {
        if (Frame is not null)
        {
            throw Corrupt("a second frame header");
        }

        ReadOnlySpan<byte> s = ReadSegment();
        if (s.Length < 6 || s.Length != 6 + (3 * s[5]))
        {
            throw Corrupt($"a frame header of {s.Length + 2} bytes");
        }

        int precision = s[0];
        int height = BinaryPrimitives.ReadUInt16BigEndian(s[1..]);
        int width = BinaryPrimitives.ReadUInt16BigEndian(s[3..]);
        int count = s[5];
        if (precision != 8)
        {
            throw Unsupported($"a JPEG of {precision} bits a sample ({JpegMarker.FrameName(marker)}) is not supported");
        }

        if (width == 0 || height == 0)
        {
            throw Corrupt($"the frame header gives {width} x {height} pixels");
        }

        if (width > 65500 || height > 65500)
        {
            throw MediaException.TooLarge(name, $"a JPEG of {width} x {height} pixels is over the format's limit of 65500 a side", "Scale the picture down");
        }

        if (count is not (1 or 3 or 4))
        {
            throw Unsupported($"a JPEG of {count} components is not supported");
        }

        JpegComponent[] components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> c = s.Slice(6 + (3 * i), 3);
            components[i] = new JpegComponent { Index = i, Id = c[0], H = c[1] >> 4, V = c[1] & 15, QuantizationSlot = c[2] };
            if (components[i].H is < 1 or > 4 || components[i].V is < 1 or > 4)
            {
                throw Corrupt($"component {c[0]} has sampling factors {c[1] >> 4} x {c[1] & 15}");
            }
        }

        JpegFrame frame = new(marker, width, height, components);
        foreach (JpegComponent c in components)
        {
            if (frame.MaxH % c.H != 0 || frame.MaxV % c.V != 0)
            {
                throw Unsupported($"sampling factors {c.H} x {c.V} under {frame.MaxH} x {frame.MaxV} (a fractional ratio) are not supported");
            }
        }

        Frame = frame;
    }

    JpegScan ReadScanHeader()
    {
        JpegFrame frame = Frame ?? throw Corrupt("a scan before the frame header");
        ReadOnlySpan<byte> s = ReadSegment();
        int count = s.Length == 0 ? 0 : s[0];
        if (count is < 1 or > 4 || s.Length != 4 + (2 * count))
        {
            throw Corrupt($"a scan header of {s.Length + 2} bytes for {count} components");
        }

        JpegComponent[] components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
        {
            int id = s[1 + (2 * i)];
            int found = -1;
            for (int j = 0; j < frame.Components.Length && found < 0; j++)
            {
                // Components may share an id; libjpeg gives a scan's j-th entry no component whose slot is taken.
                if (frame.Components[j].Id == id && (j >= i || components[j] is null))
                {
                    found = j;
                }
            }

            if (found < 0 || Array.IndexOf(components, frame.Components[found], 0, i) >= 0)
            {
                throw Corrupt($"a scan names component {id}, which the frame does not have or the scan has already named");
            }

            components[i] = frame.Components[found];
            components[i].DcSlot = s[2 + (2 * i)] >> 4;
            components[i].AcSlot = s[2 + (2 * i)] & 15;
        }

        if (count > 1 && components.Sum(c => c.H * c.V) > 10)
        {
            throw Corrupt($"{components.Sum(c => c.H * c.V)} blocks in an MCU, and 10 are the most");
        }

        ReadOnlySpan<byte> tail = s[(1 + (2 * count))..];
        return new JpegScan(components, tail[0], tail[1], tail[2] >> 4, tail[2] & 15, ++scans);
    }

    void ReadRestartInterval()
    {
        ReadOnlySpan<byte> s = ReadSegment();
        if (s.Length != 2)
        {
            throw Corrupt($"a restart interval segment of {s.Length + 2} bytes");
        }

        RestartInterval = BinaryPrimitives.ReadUInt16BigEndian(s);
    }

    void ReadApplicationData(int marker)
    {
        ReadOnlySpan<byte> s = ReadSegment();
        switch (marker)
        {
            case JpegMarker.App0 when s.Length >= 14 && s.StartsWith("JFIF\0"u8):
                SawJfif = true;
                break;
            case JpegMarker.App14 when s.Length >= 12 && s.StartsWith("Adobe"u8):
                AdobeTransform = s[11];
                break;
            case JpegMarker.App1 when Orientation == 1:
                Orientation = JpegOrientation.FromApp1(s);
                break;
        }
    }
}
