namespace Sensorium.Media.Images;

/// <summary>Tells file formats by their first bytes, those included that are not decoded, so that errors can name them.</summary>
public static class ImageSniffer
{
    /// <summary>The format that the bytes are in.</summary>
    /// <param name="data">The start of a file; 64 bytes suffice.</param>
    public static ImageFormat Sniff(ReadOnlySpan<byte> data)
    {
        if (Png.PngDecoder.IsPng(data))
        {
            return ImageFormat.Png;
        }

        if (data.Length >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF)
        {
            return ImageFormat.Jpeg;
        }

        if (data.Length >= 12 && data[4..].StartsWith("ftyp"u8))
        {
            return SniffIsoMedia(data[8..]);
        }

        if (data.Length >= 12 && data.StartsWith("RIFF"u8))
        {
            return data[8..].StartsWith("WEBP"u8) ? ImageFormat.WebP
                : data[8..].StartsWith("WAVE"u8) ? ImageFormat.Wav
                : data[8..].StartsWith("AVI "u8) ? ImageFormat.Avi
                : ImageFormat.Unknown;
        }

        return SniffSignature(data);
    }

    /// <summary>A format in words, with its article: "a WebP picture".</summary>
    /// <param name="format">The format.</param>
    public static string Describe(ImageFormat format) => format switch
    {
        ImageFormat.Png => "a PNG picture",
        ImageFormat.Jpeg => "a JPEG picture",
        ImageFormat.Gif => "a GIF picture",
        ImageFormat.WebP => "a WebP picture",
        ImageFormat.Bmp => "a BMP picture",
        ImageFormat.Tiff => "a TIFF picture",
        ImageFormat.Heic => "a HEIC picture",
        ImageFormat.Avif => "an AVIF picture",
        ImageFormat.JpegXl => "a JPEG XL picture",
        ImageFormat.Jpeg2000 => "a JPEG 2000 picture",
        ImageFormat.Ico => "a Windows icon",
        ImageFormat.Pnm => "a PBM, PGM or PPM picture",
        ImageFormat.Psd => "a Photoshop document",
        ImageFormat.Svg => "an SVG drawing",
        ImageFormat.Pdf => "a PDF document",
        ImageFormat.Mp4 => "an MP4 or QuickTime video",
        ImageFormat.Matroska => "a Matroska or WebM video",
        ImageFormat.Avi => "an AVI video",
        ImageFormat.Wav => "a WAV sound",
        ImageFormat.Mp3 => "an MP3 sound",
        ImageFormat.Ogg => "an Ogg sound or video",
        ImageFormat.Flac => "a FLAC sound",
        ImageFormat.Zip => "a ZIP archive or office document",
        ImageFormat.Gzip => "a gzip archive",
        ImageFormat.Gguf => "a GGUF model",
        ImageFormat.Text => "a text file",
        _ => "of no known format",
    };

    static ImageFormat SniffIsoMedia(ReadOnlySpan<byte> brand)
    {
        if (brand.StartsWith("avif"u8) || brand.StartsWith("avis"u8))
        {
            return ImageFormat.Avif;
        }

        bool heic = brand.StartsWith("heic"u8) || brand.StartsWith("heix"u8) || brand.StartsWith("hevc"u8)
            || brand.StartsWith("heim"u8) || brand.StartsWith("heis"u8) || brand.StartsWith("mif1"u8) || brand.StartsWith("msf1"u8);
        return heic ? ImageFormat.Heic : ImageFormat.Mp4;
    }

    static ImageFormat SniffSignature(ReadOnlySpan<byte> data)
    {
        if (data.StartsWith("GIF87a"u8) || data.StartsWith("GIF89a"u8))
        {
            return ImageFormat.Gif;
        }

        if (data.StartsWith("II*\0"u8) || data.StartsWith("MM\0*"u8) || data.StartsWith("II+\0"u8) || data.StartsWith("MM\0+"u8))
        {
            return ImageFormat.Tiff;
        }

        if (data.StartsWith("%PDF-"u8))
        {
            return ImageFormat.Pdf;
        }

        if (data.StartsWith("8BPS"u8))
        {
            return ImageFormat.Psd;
        }

        if (data.StartsWith("GGUF"u8))
        {
            return ImageFormat.Gguf;
        }

        if (data.StartsWith("OggS"u8))
        {
            return ImageFormat.Ogg;
        }

        if (data.StartsWith("fLaC"u8))
        {
            return ImageFormat.Flac;
        }

        return SniffBinary(data);
    }

    static ImageFormat SniffBinary(ReadOnlySpan<byte> data)
    {
        if (data.StartsWith("PK\u0003\u0004"u8) || data.StartsWith("PK\u0005\u0006"u8))
        {
            return ImageFormat.Zip;
        }

        if (data.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return ImageFormat.Gzip;
        }

        if (data.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]))
        {
            return ImageFormat.Matroska;
        }

        if (data.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) || data.StartsWith("\0\0\0\u000CJXL \r\n"u8))
        {
            return ImageFormat.JpegXl;
        }

        if (data.StartsWith("\0\0\0\u000CjP  \r\n"u8) || data.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51]))
        {
            return ImageFormat.Jpeg2000;
        }

        if (data.Length >= 14 && data.StartsWith("BM"u8) && data[6..10].IndexOfAnyExcept((byte)0) < 0)
        {
            return ImageFormat.Bmp;
        }

        if (data.Length >= 6 && data[0] == 0 && data[1] == 0 && data[2] is 1 or 2 && data[3] == 0 && data[4] != 0 && data[5] == 0)
        {
            return ImageFormat.Ico;
        }

        if (data.StartsWith("ID3"u8) || (data.Length >= 4 && data[0] == 0xFF && data[1] is 0xFB or 0xF3 or 0xF2))
        {
            return ImageFormat.Mp3;
        }

        return SniffText(data);
    }

    static ImageFormat SniffText(ReadOnlySpan<byte> data)
    {
        if (data.Length >= 3 && data[0] == 'P' && data[1] is >= (byte)'1' and <= (byte)'6' && data[2] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            return ImageFormat.Pnm;
        }

        ReadOnlySpan<byte> start = data[..Math.Min(data.Length, 512)];
        if (start.IsEmpty || start.IndexOfAnyInRange((byte)0, (byte)8) >= 0 || start.IndexOfAnyInRange((byte)0x0E, (byte)0x1A) >= 0)
        {
            return ImageFormat.Unknown;
        }

        if (start.IndexOf("<svg"u8) >= 0)
        {
            return ImageFormat.Svg;
        }

        // The cut may split a character, so the last few bytes are not asked.
        return System.Text.Unicode.Utf8.IsValid(start) || (start.Length > 8 && System.Text.Unicode.Utf8.IsValid(start[..TextEnd(start)])) ? ImageFormat.Text : ImageFormat.Unknown;
    }

    static int TextEnd(ReadOnlySpan<byte> text)
    {
        int end = text.Length - 1;
        while (end > text.Length - 4 && (text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return end;
    }
}
