using Sensorium.Media.Benchmarks;

if (args.Length == 0)
{
    Console.Error.WriteLine("""
        usage: dotnet run -c Release --project benchmarks/Sensorium.Media.Benchmarks -- FILE.jpg…

        Times JPEG decoding against djpeg (Debian: libjpeg-turbo-progs) in one interleaved run. A photo of four megapixels:
          djpeg photo.jpg | pamscale -linear -width 2464 -height 1632 | cjpeg -quality 85 > large.jpg
        """);
    return 2;
}

foreach (string file in args)
{
    Console.WriteLine(JpegAgainstDjpeg.Measure(file, rounds: 41));
}

return 0;
