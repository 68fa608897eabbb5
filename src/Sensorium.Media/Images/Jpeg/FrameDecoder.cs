using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>Decodes a frame's scans into pixels: one scan of all components row by row, anything else by way of stored coefficients.</summary>
unsafe sealed class FrameDecoder
{
    /// <summary>Pictures of at least this many pixels are worth a second thread.</summary>
    const long ParallelPixels = 1 << 18;

    /// <summary>MCU rows of samples between the thread that decodes and the one that converts.</summary>
    const int PipelineSlots = 8;

    /// <summary>
    /// How many blocks all scans together may visit: enough for 24 scans of every component, and for a second of scans in
    /// small pictures. Real files stay under 15; files made to hang a decoder repeat scans by the thousand.
    /// </summary>
    const int ScansPerBlock = 24;

    const long MinimumVisits = 20_000_000;

    readonly JpegReader reader;
    readonly JpegFrame frame;
    readonly MediaBudget budget;
    readonly JpegColorModel model;
    readonly byte* pixels;
    readonly nint pixelStride;

    public FrameDecoder(JpegReader reader, JpegFrame frame, MediaBudget budget, byte* pixels, nint pixelStride)
    {
        this.reader = reader;
        this.frame = frame;
        this.budget = budget;
        this.pixels = pixels;
        this.pixelStride = pixelStride;
        model = ColorModel();
    }

    public void Decode(JpegScan scan)
    {
        using EntropyData entropy = new(reader, budget);
        if (frame.IsLossless)
        {
            DecodeLossless(entropy, scan);
        }
        else if (frame.IsProgressive || scan.Components.Length < frame.Components.Length)
        {
            DecodeStored(entropy, scan);
        }
        else
        {
            DecodeSinglePass(entropy, scan);
        }
    }

    JpegColorModel ColorModel()
    {
        JpegComponent[] c = frame.Components;
        switch (c.Length)
        {
            case 1:
                return JpegColorModel.Grey;
            case 4:
                return reader.AdobeTransform is -1 or 0 ? JpegColorModel.Cmyk : JpegColorModel.Ycck;
            default:
                bool isRgb = !reader.SawJfif && (reader.AdobeTransform >= 0
                    ? reader.AdobeTransform == 0
                    : (c[0].Id, c[1].Id, c[2].Id) is ('R', 'G', 'B') || frame.IsLossless);
                if (frame.IsLossless && !isRgb)
                {
                    throw reader.Unsupported("a lossless JPEG in YCbCr is not supported");
                }

                return isRgb ? JpegColorModel.Rgb : JpegColorModel.YCbCr;
        }
    }

    PictureWriter CreateWriter(int slots) => new(frame, model, pixels, pixelStride, slots, reader.Name, budget);

    void DecodeSinglePass(EntropyData entropy, JpegScan scan)
    {
        reader.Tables.LatchQuantization(scan);
        SequentialScan decoder = new(reader, entropy, scan);
        using AlignedBlocks blocks = new(frame, reader.Name, budget);
        bool parallel = (long)frame.Width * frame.Height >= ParallelPixels && Environment.ProcessorCount > 1;
        using PictureWriter writer = CreateWriter(parallel ? PipelineSlots : 2);
        if (parallel)
        {
            RowPipeline.Run(
                frame.McuRows,
                PipelineSlots,
                row => decoder.DecodeMcuRow(row, writer.Planes, blocks.Quantization, blocks.Block),
                writer.WriteMcuRow);
            return;
        }

        for (int row = 0; row < frame.McuRows; row++)
        {
            decoder.DecodeMcuRow(row, writer.Planes, blocks.Quantization, blocks.Block);
            writer.WriteMcuRow(row);
        }
    }

    void DecodeStored(EntropyData entropy, JpegScan scan)
    {
        using CoefficientStore store = new(frame, reader.Name, budget);
        long blocks = frame.Components.Sum(c => (long)c.PaddedWidthInBlocks * c.PaddedHeightInBlocks);
        long visits = Math.Max(blocks * ScansPerBlock, MinimumVisits);
        int lastGoodRow = 0;
        int scans = 0;
        for (JpegScan? next = scan; next is not null; next = reader.ReadToScan())
        {
            scans++;
            visits -= next.Components.Sum(c => (long)c.PaddedWidthInBlocks * c.PaddedHeightInBlocks);
            if (visits < 0)
            {
                throw reader.Corrupt($"more scans than any picture needs (scan {scans} of {frame.Width} x {frame.Height} pixels)");
            }

            reader.Tables.LatchQuantization(next);
            if (frame.IsProgressive)
            {
                ProgressiveScan decoder = new(reader, entropy, next);
                decoder.DecodeAll(store);
                lastGoodRow = decoder.LastGoodRow;
            }
            else
            {
                new SequentialScan(reader, entropy, next).DecodeAll(store);
            }
        }

        BlockSmoothing? smoothing = frame.IsProgressive ? BlockSmoothing.TryCreate(frame, store, lastGoodRow) : null;
        WriteStored(store, smoothing, scans);
    }

    void WriteStored(CoefficientStore store, BlockSmoothing? smoothing, int scans)
    {
        int workers = (long)frame.Width * frame.Height >= ParallelPixels ? Math.Min(Environment.ProcessorCount, 4) : 1;
        workers = Math.Min(workers, frame.McuRows);
        if (workers == 1)
        {
            WriteStrip(store, smoothing, scans, 0, frame.McuRows);
            return;
        }

        // Twice as many strips as threads, so that a thread that comes late leaves less to wait for.
        int strips = Math.Min(frame.McuRows, workers * 2);
        try
        {
            Parallel.For(0, strips, new ParallelOptions { MaxDegreeOfParallelism = workers }, i => WriteStrip(
                store,
                smoothing,
                scans,
                (int)((long)frame.McuRows * i / strips),
                (int)((long)frame.McuRows * (i + 1) / strips)));
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<MediaException>().FirstOrDefault() is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>Transforms and writes a strip of MCU rows; the rows next to it are transformed as well, for the filters that reach over.</summary>
    void WriteStrip(CoefficientStore store, BlockSmoothing? smoothing, int scans, int from, int to)
    {
        using PictureWriter writer = CreateWriter(3);
        using AlignedBlocks blocks = new(frame, reader.Name, budget);
        int groups = writer.GroupsPerMcuRow;
        int end = to == frame.McuRows ? writer.Groups : to * groups;
        for (int row = Math.Max(from - 1, 0); row < Math.Min(to + 1, frame.McuRows); row++)
        {
            foreach (JpegComponent component in frame.Components)
            {
                TransformRow(store, smoothing, scans, component, row, writer.Planes, blocks);
            }

            int last = row == frame.McuRows - 1 ? writer.Groups : ((row + 1) * groups) - 1;
            writer.WriteGroups(Math.Max(from * groups, (row * groups) - 1), Math.Min(end, last));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void TransformRow(
        CoefficientStore store,
        BlockSmoothing? smoothing,
        int scans,
        JpegComponent component,
        int mcuRow,
        SamplePlanes planes,
        AlignedBlocks blocks)
    {
        int c = component.Index;
        short* steps = blocks.Quantization[c];
        nint stride = planes.Strides[c];
        for (int v = 0; v < component.V; v++)
        {
            int y = (mcuRow * component.V) + v;
            if (y >= component.HeightInBlocks)
            {
                break;
            }

            short* block = store.Row(c, y);
            if (smoothing is not null)
            {
                smoothing.SmoothRow(component, mcuRow, v, scans, blocks);
                block = blocks.Row;
            }

            byte* output = planes.Row(c, y * 8);
            for (int x = 0; x < component.WidthInBlocks; x++, block += 64, output += 8)
            {
                InverseDct.Transform(block, steps, output, stride);
            }
        }
    }

    void DecodeLossless(EntropyData entropy, JpegScan scan)
    {
        using PictureWriter writer = CreateWriter(frame.McuRows);
        bool[] seen = new bool[frame.Components.Length];
        for (JpegScan? next = scan; next is not null; next = reader.ReadToScan())
        {
            foreach (JpegComponent component in next.Components)
            {
                if (seen[component.Index])
                {
                    throw reader.Corrupt($"a second lossless scan of component {component.Id}");
                }

                seen[component.Index] = true;
            }

            new LosslessScan(reader, entropy, next).DecodeAll(writer.Planes, budget);
            if (Array.TrueForAll(seen, s => s))
            {
                break;
            }
        }

        if (!Array.TrueForAll(seen, s => s))
        {
            throw reader.Corrupt("a component of the frame has no scan");
        }

        writer.WriteGroups(0, writer.Groups);
    }
}
