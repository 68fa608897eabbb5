using System.Runtime.CompilerServices;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>Turns planes of samples into the picture's pixels: upsampling, then colour, a group of rows at a time.</summary>
/// <remarks>
/// A row group is the rows of each component that make <see cref="JpegFrame.MaxV"/> rows of the picture; an MCU row has
/// eight of them (lossless: one).
/// </remarks>
unsafe sealed class PictureWriter : IDisposable
{
    readonly JpegFrame frame;
    readonly JpegColorModel model;
    readonly byte* pixels;
    readonly nint pixelStride;
    readonly NativeBuffer scratch;
    readonly byte*[,] upsampled;
    readonly ushort* sums;

    /// <param name="frame">The frame.</param>
    /// <param name="model">What its components are.</param>
    /// <param name="pixels">The picture's pixels, pinned.</param>
    /// <param name="pixelStride">Bytes from one row of pixels to the next.</param>
    /// <param name="slots">How many MCU rows of samples are kept.</param>
    /// <param name="name">The picture's name, for errors.</param>
    /// <param name="budget">What the memory is taken from.</param>
    public PictureWriter(JpegFrame frame, JpegColorModel model, byte* pixels, nint pixelStride, int slots, string name, MediaBudget budget)
    {
        this.frame = frame;
        this.model = model;
        this.pixels = pixels;
        this.pixelStride = pixelStride;
        GroupsPerMcuRow = frame.IsLossless ? 1 : 8;
        Planes = new SamplePlanes(frame, slots, name, budget);
        int count = frame.Components.Length;
        nint rowBytes = (frame.Width + (2 * frame.MaxH) + 127) / 64 * 64;
        nint sumBytes = ((frame.Width + 128) * sizeof(ushort)) / 64 * 64;
        try
        {
            scratch = new NativeBuffer((rowBytes * count * frame.MaxV) + sumBytes + 64, clear: false, name, budget);
        }
        catch
        {
            Planes.Dispose();
            throw;
        }

        upsampled = new byte*[count, frame.MaxV];
        byte* next = scratch.Pointer;
        for (int c = 0; c < count; c++)
        {
            for (int v = 0; v < frame.MaxV; v++, next += rowBytes)
            {
                upsampled[c, v] = next;
            }
        }

        sums = (ushort*)next + 32;
    }

    public SamplePlanes Planes { get; }

    public int GroupsPerMcuRow { get; }

    /// <summary>Row groups of the picture.</summary>
    public int Groups => FrameGroups(frame);

    /// <summary>Writes what can be written once an MCU row's samples are there: its groups but for the last, which waits for the row below, and the one that waited above.</summary>
    public void WriteMcuRow(int mcuRow) =>
        WriteGroups((mcuRow * GroupsPerMcuRow) - 1, mcuRow == frame.McuRows - 1 ? Groups : ((mcuRow + 1) * GroupsPerMcuRow) - 1);

    /// <summary>Writes a range of row groups; the samples of the rows above and below must be there as well.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void WriteGroups(int from, int to)
    {
        byte** rows = stackalloc byte*[4];
        int height = frame.Height;
        for (int group = Math.Max(from, 0); group < Math.Min(to, Groups); group++)
        {
            for (int c = 0; c < frame.Components.Length; c++)
            {
                Upsample(frame.Components[c], group);
            }

            int first = group * frame.MaxV;
            for (int v = 0; v < frame.MaxV && first + v < height; v++)
            {
                for (int c = 0; c < frame.Components.Length; c++)
                {
                    JpegComponent component = frame.Components[c];
                    rows[c] = component.H == frame.MaxH && component.V == frame.MaxV
                        ? Planes.Row(c, first + v)
                        : upsampled[c, v];
                }

                Convert(rows, pixels + ((first + v) * pixelStride));
            }
        }
    }

    static int FrameGroups(JpegFrame frame) => JpegFrame.CeilingDivide(frame.Height, frame.MaxV);

    void Upsample(JpegComponent component, int group)
    {
        int h = frame.MaxH / component.H;
        int v = frame.MaxV / component.V;
        if (h == 1 && v == 1)
        {
            return;
        }

        int c = component.Index;
        bool fancy = !frame.IsLossless && v <= 2 && (h == 1 || (h == 2 && component.Width > 2));
        int output = 0;
        for (int row = 0; row < component.V; row++)
        {
            int y = (group * component.V) + row;
            byte* near = Planes.Row(c, y);
            if (fancy)
            {
                for (int part = 0; part < v; part++, output++)
                {
                    byte* far = v == 1 ? near : Planes.Row(c, Math.Clamp(part == 0 ? y - 1 : y + 1, 0, component.Height - 1));
                    byte* to = upsampled[c, output];
                    byte* nearest = v == 1 ? near : Planes.Row(c, Math.Min(y, component.Height - 1));
                    if (h == 1)
                    {
                        Upsampling.Blend(nearest, far, component.Width, part + 1, to);
                    }
                    else
                    {
                        Upsampling.Columns(nearest, far, blend: v == 2, component.Width, sums);
                        Upsampling.DoubleWidth(sums, component.Width, v == 2 ? 8 : 1, v == 2 ? 7 : 2, v == 2 ? 4 : 2, to);
                    }
                }
            }
            else
            {
                Upsampling.Repeat(near, h, frame.Width, upsampled[c, output]);
                for (int part = 1; part < v; part++)
                {
                    Buffer.MemoryCopy(upsampled[c, output], upsampled[c, output + part], frame.Width, frame.Width);
                }

                output += v;
            }
        }
    }

    void Convert(byte** rows, byte* output)
    {
        int width = frame.Width;
        switch (model)
        {
            case JpegColorModel.Grey:
                Buffer.MemoryCopy(rows[0], output, width, width);
                break;
            case JpegColorModel.YCbCr:
                ColorConversion.YccToRgb(rows[0], rows[1], rows[2], width, output);
                break;
            case JpegColorModel.Rgb:
                ColorConversion.Interleave(rows[0], rows[1], rows[2], width, output);
                break;
            case JpegColorModel.Ycck:
                ColorConversion.YcckToCmyk(rows[0], rows[1], rows[2], rows[3], width, output);
                break;
            default:
                ColorConversion.InvertCmyk(rows[0], rows[1], rows[2], rows[3], width, output);
                break;
        }
    }

    public void Dispose()
    {
        scratch.Dispose();
        Planes.Dispose();
    }
}
